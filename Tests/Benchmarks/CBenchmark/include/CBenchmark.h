/*
 * CBenchmark.h - the sockets of a load generator: how a client joins an Ethernet switch, and batches of frames.
 *
 * Sockets block, with a timeout of BENCHMARK_TIMEOUT_MS, so that a sender is held back by a full switch and not by a
 * loop of its own. Functions return 0 or a count, or -errno. Nothing here is shared between threads.
 */
#ifndef CBENCHMARK_H
#define CBENCHMARK_H

#include <stdint.h>
#include <sys/types.h>

#include "Datagrams.h"
#include "ProbeTraffic.h"

#define BENCHMARK_TIMEOUT_MS 200
#define BENCHMARK_SLOTS 64              /* frames in a batch */
#define BENCHMARK_SLOT_BYTES 9216       /* the longest frame */

/* One client's way in. */
typedef struct benchmark_endpoint {
    int32_t descriptor;                 /* frames, one a message, or a stream of them */
    int32_t control;                    /* VDE: the stream that holds the port; -1: none */
    int32_t is_device;                  /* a TAP: read and write, a frame a call */
    uint32_t peer_length;               /* bytes of peer; 0: the socket is connected */
    uint8_t peer[128];                  /* a sockaddr: where frames are sent */
    uintptr_t stream;                   /* address of what a stream has brought and nobody has taken yet; 0: messages */
} benchmark_endpoint;

/* UML's vector transport bess: a SOCK_SEQPACKET to path. */
int benchmark_open_seqpacket(benchmark_endpoint *endpoint, const char *path);

/* QEMU's -netdev stream: a SOCK_STREAM to path, with four bytes before each frame that give its length, big-endian. */
int benchmark_open_stream(benchmark_endpoint *endpoint, const char *path);

/* uml_switch and VDE, protocol version 3: path is the control socket, or the directory that holds it as "ctl". */
int benchmark_open_vde(benchmark_endpoint *endpoint, const char *path);

/* UDP multicast as of eth0=mcast; interface is the address of the one to use, NULL: the route decides. */
int benchmark_open_multicast(benchmark_endpoint *endpoint, const char *group, uint16_t port, const char *interface);

/* The far end of a TAP that is there, by its name: a guest's, where the device is a port of a bridge. */
int benchmark_open_tap(benchmark_endpoint *endpoint, const char *name);

/* Two ends of a SOCK_SEQPACKET pair: the bound, with no switch between. */
int benchmark_open_pair(benchmark_endpoint *first, benchmark_endpoint *second);

/* Sets both socket buffers, in bytes, as far as the kernel allows. */
int benchmark_set_buffers(const benchmark_endpoint *endpoint, int bytes);

void benchmark_close(benchmark_endpoint *endpoint);

/* BENCHMARK_SLOTS frames that one system call sends or receives. */
typedef struct benchmark_batch benchmark_batch;

benchmark_batch *benchmark_batch_create(void);          /* NULL: no memory */
void benchmark_batch_free(benchmark_batch *batch);

/* The bytes of a slot: BENCHMARK_SLOT_BYTES of them. */
uint8_t *benchmark_slot(benchmark_batch *batch, uint32_t slot);

/* Bytes of the frame that the last receive put there. */
uint32_t benchmark_length(const benchmark_batch *batch, uint32_t slot);

/* Sends slots first to first + count - 1, each length bytes. Returns how many went; -EAGAIN: none within the timeout. */
int benchmark_send(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count,
                   uint32_t length);

/* The same, with a length in bytes for each slot. */
int benchmark_send_mixed(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count,
                         const uint32_t *lengths);

/* Waits for a frame and takes what else is there, at most limit. Returns how many; -EAGAIN: none within the timeout;
 * -EPIPE: the switch has closed the port. */
int benchmark_receive(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t limit);

/* CPU time that all threads of a process have used so far, in nanoseconds, by its CPU clock; or -errno. */
int64_t benchmark_cpu_nanoseconds(pid_t process);

#endif
