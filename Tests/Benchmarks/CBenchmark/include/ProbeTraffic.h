/*
 * ProbeTraffic.h - what comes to a TAP and to a multicast trunk in the forwarder's own measurements: super-frames by a
 * packet socket, runs of datagrams by UDP_SEGMENT. Functions return 0 or a count, or -errno.
 */
#ifndef PROBE_TRAFFIC_H
#define PROBE_TRAFFIC_H

#include <stdint.h>

/* A packet socket on an interface that sends frames with a struct virtio_net_hdr before each; -errno. */
int probe_open_packet(const char *interface);

/* Sends a TCP frame over IPv4 whose checksum is partial; segment: bytes of payload in a segment, 0: it is one.
 * checksum_start: bytes to the TCP header. */
int probe_send_packet(int descriptor, const void *frame, uint32_t length, uint16_t segment, uint16_t checksum_start);

/* A socket that is a member of an IPv4 group on lo, sends to it by lo, and hears itself; -errno. */
int probe_open_group(const char *group, uint16_t port, int isReceiver);

/* Sends bytes to the group as datagrams of segment bytes each, the last may be shorter: one UDP_SEGMENT run. */
int probe_send_run(int descriptor, const char *group, uint16_t port, const void *bytes, uint32_t length,
                   uint16_t segment);

/* Throws away what has come in, without waiting. Returns how many bytes and adds the datagrams to count. */
int64_t probe_discard(int descriptor, uint32_t *count);

#endif
