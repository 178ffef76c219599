/*
 * CLinux.h - what Swift's Glibc module hides or cannot import: GNU-only calls, function-like macros, variadic calls.
 *
 * This header never defines _GNU_SOURCE: that breaks the import of Glibc's fd_set in some build orders. What needs it
 * lives in CLinux.c. Functions return a result, or -1 with errno set, as the calls they stand for.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/* ---- Local sockets and processes ------------------------------------------------------------------------------- */

/* accept4(2) with SOCK_CLOEXEC and SOCK_NONBLOCK. */
int clinux_accept(int listener);

/* SO_PEERCRED: who connected, or who made the pair. */
int clinux_peer_credentials(int socket, int32_t *process, uint32_t *user, uint32_t *group);

/* SO_PEERGROUPS: writes at most capacity supplementary groups of the peer. Returns how many there are; -1 with ERANGE:
 * more than capacity. */
int clinux_peer_groups(int socket, uint32_t *groups, size_t capacity);

/* SO_PEERPIDFD (Linux 6.5): a descriptor of the peer's process, close-on-exec. */
int clinux_peer_process(int socket);

/* pidfd_open(2): a descriptor of a process, close-on-exec; readable when the process has ended. */
int clinux_process_descriptor(int32_t process);

/* Processors that the calling thread may run on, by sched_getaffinity(2); where there are more than a cpu_set_t holds,
 * those that are online. */
int clinux_processor_count(void);

/* setns(2): moves the calling thread into the network namespace that a file of /proc/PID/ns stands for. */
int clinux_enter_network(const char *path);

/* memmem(3): where the bytes of a text, without its NUL, are first found; NULL: nowhere. */
const void *clinux_find(const void *bytes, size_t length, const char *text);

/* memfd_create(2), close-on-exec. */
int clinux_memory_file(const char *name);

/* The same, of a file that can be sealed. */
int clinux_sealable_file(const char *name);

/* F_ADD_SEALS (Linux 5.1): the file keeps its size, and is written from now on by who has mapped it by now, alone. */
int clinux_seal_file(int file);

/* The most descriptors that one message carries here. */
#define CLINUX_MOST_DESCRIPTORS 16

/* sendmsg(2) of bytes, and of count descriptors with the first of them, by SCM_RIGHTS. Does not raise SIGPIPE. EINVAL:
 * more than CLINUX_MOST_DESCRIPTORS. */
ssize_t clinux_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count);

/* recvmsg(2). Descriptors that came along are written to descriptors (room for CLINUX_MOST_DESCRIPTORS), close-on-exec,
 * and counted in *count; the kernel closes those that do not fit. */
ssize_t clinux_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count);

/* recvmsg(2) without waiting, of a socket with SO_PASSCRED, and who sent it: SCM_CREDENTIALS. Descriptors that came along
 * are closed by the kernel. Returns the message's whole length, also where it was longer than length. *process is 0 when
 * the sender cannot be seen from this PID namespace, -1 when the kernel does not say who it is. */
ssize_t clinux_receive_with_sender(int socket, void *bytes, size_t length, int32_t *process, uint32_t *user,
                                   uint32_t *group);

/* ---- Memory ---- */

/* Asks the processor to fetch a cache line that will be read soon. A hint: any address will do, and nothing waits. */
static inline void clinux_prefetch(const void *address)
{
    __builtin_prefetch(address);
}

/* ---- The terminal ---- */

/* Makes standard input give key by key, and standard output's screen empty, without what is on it being lost. Once more
 * after a stop: as the first time. */
int clinux_take_terminal(void);

/* Undoes that, once; exit(3) and the signals of a crash do so as well. Async-signal-safe. */
void clinux_give_back_terminal(void);

/* TIOCGWINSZ of standard output; both may be 0 where nobody has said. */
int clinux_terminal_size(uint16_t *columns, uint16_t *rows);

/* ---- Threads ---- */

/* Names the calling thread, as ps and top show it; at most 15 bytes count. */
void clinux_set_thread_name(const char *name);

/* A pointer of the calling thread's own; NULL until set. Lives in thread-local storage: reading it is one load. */
void clinux_set_thread_context(void *context);
void *clinux_thread_context(void);

/* ---- The host's clock ---- */

/* Whether the kernel counts the clock as synchronised, which is for who sets it to say: adjtimex(2), STA_UNSYNC.
 * -1: errno. */
int clinux_clock_is_synchronised(void);

/* ---- Batches of messages --------------------------------------------------------------------------------------- */

#include <netinet/in.h>
#include <sys/socket.h>

/* struct mmsghdr of <sys/socket.h>, which only _GNU_SOURCE shows. */
struct clinux_message {
    struct msghdr header;
    unsigned int length;                /* bytes received or sent */
};

/* recvmmsg(2) without a timeout. */
int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count, int flags);

/* sendmmsg(2). */
int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count, int flags);

/* ---- rtnetlink ------------------------------------------------------------------------------------------------- */

#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* ---- TAP devices, as in <linux/if_tun.h> ----------------------------------------------------------------------- */

/* The size of an interface's name with its NUL. */
#define CLINUX_TAP_NAME_SIZE 16

/* sizeof(struct virtio_net_hdr) of <linux/virtio_net.h>: flags and GSO type of a byte each; lengths of the headers and of
 * a segment, start and offset of the checksum, of two bytes each. */
#define CLINUX_TAP_HEADER_SIZE 10

/* What the reader of a TAP does itself with frames that are not finished: TUN_F_*. */
#define CLINUX_TAP_CHECKSUM 0x01u
#define CLINUX_TAP_TSO4 0x02u
#define CLINUX_TAP_TSO6 0x04u
#define CLINUX_TAP_TSO_ECN 0x08u
#define CLINUX_TAP_USO 0x60u        /* TUN_F_USO4 and TUN_F_USO6, which come together (Linux 6.2) */

/* A descriptor of /dev/net/tun without a device: non-blocking, close-on-exec. */
int clinux_tap_open(void);

/* TUNSETIFF: attaches a TAP, or makes one. name has CLINUX_TAP_NAME_SIZE bytes: a name, or a pattern as "tap%d"; on
 * success the device's name is in it. with_header: each frame has a struct virtio_net_hdr before it. */
int clinux_tap_attach(int tap, char *name, int with_header);

/* TUNGETIFF: the name that the attached device has now, of CLINUX_TAP_NAME_SIZE bytes. EBADFD: it has been deleted;
 * EINVAL: no TAP whose frames have a header. */
int clinux_tap_name(int tap, char *name);

int clinux_tap_set_persistent(int tap, int persistent);

int clinux_tap_set_owner(int tap, uint32_t user);

int clinux_tap_set_group(int tap, uint32_t group);

/* TUNSETOFFLOAD, a sum of CLINUX_TAP_*. */
int clinux_tap_set_offloads(int tap, unsigned int offloads);

/* TUNSETVNETHDRSZ: bytes of the header before each frame, CLINUX_TAP_HEADER_SIZE or more. */
int clinux_tap_set_header_size(int tap, int bytes);

#endif
