/*
 * Datagrams.h - numbered UDP datagrams over IPv4, as an application sends and takes them.
 *
 * A payload: "ULD2", 4 zero bytes, and the datagram's number of 8 bytes in the machine's byte order. The rest is zero.
 * Sockets block, with a timeout of BENCHMARK_TIMEOUT_MS. For one thread.
 */
#ifndef BENCHMARK_DATAGRAMS_H
#define BENCHMARK_DATAGRAMS_H

#include <stdint.h>

#define BENCHMARK_DATAGRAM_HEAD 16      /* the shortest payload, in bytes */
#define BENCHMARK_DATAGRAM_BYTES 9216   /* the longest of what is sent at once */

/* A socket connected to an address; or -errno. With segment_bytes above 0 the kernel makes datagrams of so many bytes of
 * payload of what is sent at once (UDP_SEGMENT). */
int benchmark_open_datagram_sender(const char *address, uint16_t port, int segment_bytes);

/* A socket bound to a port, with a receive buffer of this many bytes where the kernel allows; or -errno. */
int benchmark_open_datagram_receiver(uint16_t port, int buffer_bytes);

/* Sends count messages, at most BENCHMARK_SLOTS, by one call: each holds this many segments of lengths[i] bytes, numbered
 * on from first. Returns how many messages went, or -errno. */
int benchmark_send_datagrams(int descriptor, uint64_t first, const uint32_t *lengths, uint32_t count,
                             uint32_t segments);

/* Waits for datagrams and takes at most BENCHMARK_SLOTS that are there. Returns how many of ours there were, whose
 * numbers are in numbers, or -errno; -EAGAIN: none within the timeout. */
int benchmark_receive_datagrams(int descriptor, uint64_t *numbers);

#endif
