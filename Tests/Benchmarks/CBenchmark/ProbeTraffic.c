#define _GNU_SOURCE
#include "ProbeTraffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int closed(int descriptor)
{
    const int error = errno;

    close(descriptor);
    return -error;
}

int probe_open_packet(const char *interface)
{
    const int on = 1;
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface) };
    int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

    if (descriptor < 0)
        return -errno;
    /* Without the queueing discipline a frame is at the TAP when the call returns. */
    if (setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0
        || setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0
        || bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        return closed(descriptor);
    return descriptor;
}

int probe_send_packet(int descriptor, const void *frame, uint32_t length, uint16_t segment, uint16_t checksum_start)
{
    struct virtio_net_hdr header = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .gso_type = segment > 0 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_NONE,
        .hdr_len = (uint16_t)(checksum_start + 20),
        .gso_size = segment,
        .csum_start = checksum_start,
        .csum_offset = 16,
    };
    struct iovec pieces[2] = { { &header, sizeof header }, { (void *)frame, length } };

    return writev(descriptor, pieces, 2) < 0 ? -errno : 0;
}

int probe_open_group(const char *group, uint16_t port, int isReceiver)
{
    const int on = 1, off = 0, buffer = 64 << 20;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct ip_mreqn membership = { .imr_ifindex = 1 };
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (descriptor < 0)
        return -errno;
    inet_pton(AF_INET, group, &membership.imr_multiaddr);
    address.sin_addr = membership.imr_multiaddr;
    if (setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_IF, &membership, sizeof membership) != 0
        || setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        return closed(descriptor);
    if (!isReceiver)
        return descriptor;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off) != 0
        || setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0
        || setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0
        || bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0
        || setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
        return closed(descriptor);
    return descriptor;
}

int probe_send_run(int descriptor, const char *group, uint16_t port, const void *bytes, uint32_t length,
                   uint16_t segment)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct iovec piece = { (void *)bytes, length };
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof segment)];
    } control;
    struct msghdr message = {
        .msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &piece, .msg_iovlen = 1,
        .msg_control = &control, .msg_controllen = sizeof control,
    };

    inet_pton(AF_INET, group, &address.sin_addr);
    control.header.cmsg_level = IPPROTO_UDP;
    control.header.cmsg_type = UDP_SEGMENT;
    control.header.cmsg_len = CMSG_LEN(sizeof segment);
    memcpy(CMSG_DATA(&control.header), &segment, sizeof segment);
    return sendmsg(descriptor, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int64_t probe_discard(int descriptor, uint32_t *count)
{
    static char bytes[65536];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    int64_t total = 0;

    for (;;) {
        struct iovec piece = { bytes, sizeof bytes };
        struct msghdr message = {
            .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
        };
        ssize_t length = recvmsg(descriptor, &message, MSG_DONTWAIT);
        int segment;

        if (length < 0)
            return errno == EAGAIN ? total : -errno;
        segment = (int)length;
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header))
            if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO)
                memcpy(&segment, CMSG_DATA(header), sizeof segment);
        total += length;
        *count += segment > 0 ? (uint32_t)((length + segment - 1) / segment) : 1;
    }
}
