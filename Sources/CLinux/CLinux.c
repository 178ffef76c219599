#define _GNU_SOURCE
#include "CLinux.h"

/* ---- Local sockets and processes ------------------------------------------------------------------------------- */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* <linux/fcntl.h> of Linux 5.1 */
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* <asm-generic/socket.h> of Linux 6.5 */
#endif

int clinux_accept(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int clinux_peer_credentials(int socket, int32_t *process, uint32_t *user, uint32_t *group)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        return -1;
    *process = peer.pid;
    *user = peer.uid;
    *group = peer.gid;
    return 0;
}

int clinux_peer_groups(int socket, uint32_t *groups, size_t capacity)
{
    socklen_t length = (socklen_t)(capacity * sizeof *groups);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0)
        return -1;
    return (int)(length / sizeof *groups);
}

int clinux_peer_process(int socket)
{
    int descriptor = -1;
    socklen_t length = sizeof descriptor;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &descriptor, &length) != 0)
        return -1;
    return descriptor;
}

int clinux_process_descriptor(int32_t process)
{
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int clinux_enter_network(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    int result = setns(descriptor, CLONE_NEWNET);
    int error = errno;
    close(descriptor);
    errno = error;
    return result;
}

const void *clinux_find(const void *bytes, size_t length, const char *text)
{
    return memmem(bytes, length, text, strlen(text));
}

int clinux_processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return (int)sysconf(_SC_NPROCESSORS_ONLN);
    return CPU_COUNT(&set);
}

int clinux_memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

int clinux_sealable_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

int clinux_seal_file(int file)
{
    return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
}

/* A control buffer with the alignment that CMSG_FIRSTHDR expects. */
union descriptor_control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(CLINUX_MOST_DESCRIPTORS * sizeof(int))];
};

ssize_t clinux_send(int socket, const void *bytes, size_t length, const int *descriptors, size_t count)
{
    union descriptor_control control;
    struct iovec piece = {(void *)bytes, length};
    struct msghdr message = {0};
    if (count > CLINUX_MOST_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t clinux_receive(int socket, void *bytes, size_t length, int *descriptors, size_t *count)
{
    union descriptor_control control;
    struct iovec piece = {bytes, length};
    struct msghdr message = {0};
    struct cmsghdr *header;
    ssize_t result;
    *count = 0;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    /* CMSG_LEN, not CMSG_SPACE: in its padding the kernel would install one descriptor more. */
    message.msg_controllen = CMSG_LEN(CLINUX_MOST_DESCRIPTORS * sizeof(int));
    result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (result < 0)
        return -1;
    for (header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        size_t number;
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(descriptors + *count, CMSG_DATA(header), number * sizeof(int));
        *count += number;
    }
    return result;
}

ssize_t clinux_receive_with_sender(int socket, void *bytes, size_t length, int32_t *process, uint32_t *user,
                                   uint32_t *group)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec piece = {bytes, length};
    struct msghdr message = {0};
    struct cmsghdr *header;
    ssize_t result;
    *process = -1;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    /* CMSG_LEN, not CMSG_SPACE: no room for a descriptor behind the credentials, which come first. */
    message.msg_controllen = CMSG_LEN(sizeof(struct ucred));
    result = recvmsg(socket, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (result < 0)
        return -1;
    header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
        struct ucred sender;
        memcpy(&sender, CMSG_DATA(header), sizeof sender);
        *process = sender.pid;
        *user = sender.uid;
        *group = sender.gid;
    }
    return result;
}

/* ---- Batches of messages --------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct clinux_message) == sizeof(struct mmsghdr), "clinux_message stands for mmsghdr");
_Static_assert(offsetof(struct clinux_message, length) == offsetof(struct mmsghdr, msg_len),
               "clinux_message stands for mmsghdr");

int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count, int flags)
{
    return recvmmsg(socket, (struct mmsghdr *)messages, count, flags, NULL);
}

int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count, int flags)
{
    return sendmmsg(socket, (struct mmsghdr *)messages, count, flags);
}
