/*
 * bare-tunnel - the least that a tunnel over UDP can be: a yardstick, not a product.
 *
 *   bare-tunnel tap NAME LOCAL REMOTE PORT          from the TAP NAME, which it makes
 *   bare-tunnel seqpacket PATH LOCAL REMOTE PORT    from the one guest that connects to a SOCK_SEQPACKET socket at PATH
 *   bare-tunnel spin NAME LOCAL REMOTE PORT         as tap, and never sleeps: reads both sides again and again
 *
 * LOCAL and REMOTE are IPv4 addresses; the other end has them the other way round. One thread, level-triggered poll.
 * Frames are read until there are no more, up to 64, and go in one sendmmsg, equal lengths together (UDP_SEGMENT). A
 * datagram is a frame, as in any tunnel. A TAP's super-frames are not segmented as TCP would be, but cut where a
 * datagram is full and joined again on the other side, with checksums still missing: each message of a TAP begins with
 *
 *   0 u32 MARK    4 u32 bytes that follow, in all datagrams    8 struct virtio_net_hdr    18 the frame
 *
 * in the order of the host's bytes. A message of more than 65,507 bytes is lost; TCP makes none. One of which a
 * datagram is lost is dropped when the next MARK comes. UDP over IPv4, in equal frames of one flow that come in
 * one batch, goes into the TAP as one super-frame. Nothing else is checked, learned or counted; what a receiver does not
 * take at once is lost. It ends with SIGTERM.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define BATCH 64                        /* frames or buffers a call, and datagrams a run: the kernel takes 64 */
#define BATCH_BYTES (256 * 1024)        /* a batch ends with the frame that reaches so many */
#define SLOTS (3 * BATCH)               /* received buffers; those of an unfinished message stay while others come */
#define SLOT_BYTES (65536 + 25 * 64)    /* the odd lines: starts that are equal modulo 64 KiB compete for the cache */
#define RUN_BYTES 65507                 /* the most that UDP over IPv4 takes */
#define UNDERLAY_BYTES 28               /* of IPv4 and UDP */
#define INNER_BYTES 42                  /* of Ethernet, IPv4 and UDP */
#define BUFFER_BYTES (4 * 1024 * 1024)
#define PREFIX 8                        /* MARK and length */
#define HEADS 18                        /* and struct virtio_net_hdr */
#define MARK 0x756d6265u

union control { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; };

static int is_tap, spins, local, udp;   /* local: the TAP, or the guest's socket */
static size_t datagram_bytes;           /* what fits the underlay's MTU */
static uint8_t sending[BATCH_BYTES + BATCH * SLOT_BYTES], received[SLOTS][SLOT_BYTES];
static struct iovec frames[BATCH], slots[SLOTS];
static struct mmsghdr from_guest[BATCH], to_guest[BATCH], runs[BATCH], from_udp[SLOTS];
static union control sizes[BATCH], segment_sizes[SLOTS];
static int next_slot, waiting;          /* waiting: frames for the guest */
static struct { struct iovec pieces[BATCH]; size_t wanted, have; int count; } message;     /* wanted 0: none begun */
static struct { struct iovec pieces[BATCH + 1]; size_t size, count; uint8_t *first; } joined;     /* for the TAP */

static void fail(const char *what)
{
    perror(what);
    exit(71);
}

/* ---- From here to the other end -------------------------------------------------------------------------------- */

/* Sends frames: each run of equal lengths, of which the last may be shorter, in one message. */
static void send_runs(int count)
{
    int first = 0, made = 0;

    while (first < count) {
        size_t size = frames[first].iov_len, bytes = size;
        int end = first + 1;
        while (end < count && frames[end - 1].iov_len == size && frames[end].iov_len <= size
               && bytes + frames[end].iov_len <= RUN_BYTES && size <= datagram_bytes)
            bytes += frames[end++].iov_len;
        if (size > datagram_bytes)
            size = datagram_bytes;
        runs[made].msg_hdr.msg_iov = &frames[first];
        runs[made].msg_hdr.msg_iovlen = (size_t)(end - first);
        runs[made].msg_hdr.msg_control = bytes > size ? &sizes[made] : NULL;
        runs[made].msg_hdr.msg_controllen = bytes > size ? CMSG_SPACE(sizeof(uint16_t)) : 0;
        *(uint16_t *)CMSG_DATA(&sizes[made].head) = (uint16_t)size;
        made++;
        first = end;
    }
    for (first = 0; first < made;) {
        int sent = sendmmsg(udp, &runs[first], (unsigned)(made - first), MSG_DONTWAIT);
        first += sent > 0 ? sent : 1;
    }
}

static void read_tap(void)
{
    size_t used = 0;
    int count = 0;

    while (count < BATCH && used < BATCH_BYTES) {
        uint8_t *at = sending + used;
        ssize_t length = read(local, at + PREFIX, SLOT_BYTES - PREFIX);
        uint32_t prefix[2] = { MARK, (uint32_t)length };
        if (length <= 0)
            break;
        memcpy(at, prefix, PREFIX);
        frames[count].iov_base = at;
        frames[count++].iov_len = PREFIX + (size_t)length;
        used += PREFIX + (size_t)length;
    }
    send_runs(count);
}

static void read_guest(void)
{
    int count;

    for (int i = 0; i < BATCH; i++) {
        frames[i].iov_base = sending + (size_t)i * SLOT_BYTES;
        frames[i].iov_len = SLOT_BYTES;
    }
    count = recvmmsg(local, from_guest, BATCH, MSG_DONTWAIT, NULL);
    if (count == 0 || (count > 0 && from_guest[0].msg_len == 0))
        exit(0);
    for (int i = 0; i < count; i++)
        frames[i].iov_len = from_guest[i].msg_len;
    send_runs(count);
}

/* ---- From the other end ---------------------------------------------------------------------------------------- */

static unsigned get(const uint8_t *at) { return (unsigned)at[0] << 8 | at[1]; }
static void put(uint8_t *at, unsigned value) { at[0] = (uint8_t)(value >> 8); at[1] = (uint8_t)value; }
static unsigned add(unsigned one, unsigned other) { return (one + other) % 0x10000 + (one + other) / 0x10000; }

/* Whether a message may be joined with others: UDP over IPv4, its checksum missing, in one datagram. */
static int is_alone(const uint8_t *at, size_t size)
{
    const uint8_t *frame = at + HEADS;
    struct virtio_net_hdr offload;

    memcpy(&offload, at + PREFIX, sizeof offload);
    return size > HEADS + INNER_BYTES && get(frame + 12) == 0x0800 && frame[14] == 0x45 && frame[23] == IPPROTO_UDP
        && offload.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && offload.gso_type == VIRTIO_NET_HDR_GSO_NONE;
}

/* Whether one is of the flow of another of the same size: IPv4's identification and checksum may differ. */
static int is_next(const uint8_t *at, const uint8_t *first)
{
    return memcmp(at, first, HEADS + 18) == 0 && memcmp(at + HEADS + 20, first + HEADS + 20, 4) == 0
        && memcmp(at + HEADS + 26, first + HEADS + 26, INNER_BYTES - 26) == 0;
}

static void add_joined(uint8_t *at)
{
    joined.pieces[++joined.count] = (struct iovec){ at + HEADS + INNER_BYTES, joined.size - HEADS - INNER_BYTES };
}

/* Writes what was joined: headers of its own, and the payloads where they lie. */
static void write_joined(void)
{
    static uint8_t headers[HEADS - PREFIX + INNER_BYTES];
    uint8_t *ip = headers + HEADS - PREFIX + 14, *datagram = ip + 20;
    size_t payload = joined.size - HEADS - INNER_BYTES, more = (joined.count - 1) * payload;
    struct virtio_net_hdr offload;

    if (joined.count == 1)
        write(local, joined.first + PREFIX, joined.size - PREFIX);
    if (joined.count > 1) {
        memcpy(headers, joined.first + PREFIX, sizeof headers);
        memcpy(&offload, headers, sizeof offload);
        offload.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
        offload.gso_size = (uint16_t)payload;
        offload.hdr_len = INNER_BYTES;
        memcpy(headers, &offload, sizeof offload);
        put(ip + 2, get(ip + 2) + (unsigned)more);
        put(ip + 10, ~add(~get(ip + 10) & 0xffff, (unsigned)more));
        put(datagram + 4, get(datagram + 4) + (unsigned)more);
        put(datagram + 6, add(get(datagram + 6), (unsigned)more));      /* the pseudo-header's, which has the length */
        joined.pieces[0] = (struct iovec){ headers, sizeof headers };
        writev(local, joined.pieces, (int)joined.count + 1);
    }
    joined.count = 0;
}

static void take_for_tap(uint8_t *at, size_t size)
{
    uint32_t prefix[2] = { 0, 0 };

    if (joined.count > 0 && joined.count < BATCH && size == joined.size && size * (joined.count + 1) <= RUN_BYTES
        && is_next(at, joined.first)) {
        add_joined(at);
        return;
    }
    write_joined();
    if (message.wanted == 0 && is_alone(at, size)) {
        joined.first = at;
        joined.size = size;
        add_joined(at);
        return;
    }
    if (size > PREFIX)
        memcpy(prefix, at, PREFIX);
    if (prefix[0] == MARK) {
        message.wanted = prefix[1];
        message.have = 0;
        message.count = 0;
        at += PREFIX;
        size -= PREFIX;
    }
    if (message.wanted == 0 || message.have + size > message.wanted)
        return;
    if (message.count > 0 && (uint8_t *)message.pieces[message.count - 1].iov_base
                             + message.pieces[message.count - 1].iov_len == at)
        message.pieces[message.count - 1].iov_len += size;
    else if (message.count < BATCH)
        message.pieces[message.count++] = (struct iovec){ at, size };
    message.have += size;
    if (message.have == message.wanted) {
        writev(local, message.pieces, message.count);
        message.wanted = 0;
    }
}

static void send_to_guest(void)
{
    for (int first = 0; first < waiting;) {
        int sent = sendmmsg(local, &to_guest[first], (unsigned)(waiting - first), MSG_DONTWAIT | MSG_NOSIGNAL);
        first += sent > 0 ? sent : 1;
    }
    waiting = 0;
}

static void take_for_guest(uint8_t *at, size_t size)
{
    *to_guest[waiting++].msg_hdr.msg_iov = (struct iovec){ at, size };
    if (waiting == BATCH)
        send_to_guest();
}

static void read_udp(void)
{
    void (*take)(uint8_t *at, size_t size) = is_tap ? take_for_tap : take_for_guest;
    int count, first = message.wanted == 0 || next_slot == SLOTS ? 0 : next_slot;

    next_slot = first;
    for (int i = first; i < SLOTS && i < first + BATCH; i++)
        from_udp[i].msg_hdr.msg_controllen = sizeof segment_sizes[i];
    count = SLOTS - first < BATCH ? SLOTS - first : BATCH;
    count = recvmmsg(udp, &from_udp[first], (unsigned)count, MSG_DONTWAIT, NULL);
    for (int i = first; i < first + count; i++) {
        struct cmsghdr *control = CMSG_FIRSTHDR(&from_udp[i].msg_hdr);
        size_t bytes = from_udp[i].msg_len, size = control == NULL ? bytes : (size_t)*(int *)CMSG_DATA(control);
        for (size_t offset = 0; offset < bytes; offset += size)
            take(received[i] + offset, bytes - offset < size ? bytes - offset : size);
        next_slot = i + 1;
    }
    write_joined();
    send_to_guest();
}

/* ---- Start ----------------------------------------------------------------------------------------------------- */

static void open_tap(const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
    unsigned offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    local = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (local < 0 || ioctl(local, TUNSETIFF, &request) != 0)
        fail(name);
    if (ioctl(local, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) != 0
        && ioctl(local, TUNSETOFFLOAD, offloads) != 0)
        fail("TUNSETOFFLOAD");
}

static void await_guest(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), size = BUFFER_BYTES;

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0
        || (local = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0)
        fail(path);
    setsockopt(local, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void open_udp(const char *own, const char *other, const char *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
    int size = BUFFER_BYTES, on = 1, discover = IP_PMTUDISC_PROBE, mtu = 0;
    socklen_t length = sizeof mtu;

    udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, own, &address.sin_addr) != 1 || bind(udp, (struct sockaddr *)&address, sizeof address) != 0)
        fail(own);
    if (inet_pton(AF_INET, other, &address.sin_addr) != 1
        || connect(udp, (struct sockaddr *)&address, sizeof address) != 0
        || getsockopt(udp, IPPROTO_IP, IP_MTU, &mtu, &length) != 0)
        fail(other);
    datagram_bytes = (size_t)mtu - UNDERLAY_BYTES;
    setsockopt(udp, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
    setsockopt(udp, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (setsockopt(udp, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0)
        fail("UDP_GRO");
}

int main(int argc, char **argv)
{
    struct pollfd polled[2] = { { .events = POLLIN }, { .events = POLLIN } };

    spins = argc == 6 && strcmp(argv[1], "spin") == 0;
    is_tap = spins || (argc == 6 && strcmp(argv[1], "tap") == 0);
    if (argc != 6 || (!is_tap && strcmp(argv[1], "seqpacket") != 0)) {
        fprintf(stderr, "usage: bare-tunnel tap NAME LOCAL REMOTE PORT\n"
                        "       bare-tunnel seqpacket PATH LOCAL REMOTE PORT\n"
                        "       bare-tunnel spin NAME LOCAL REMOTE PORT\n");
        return 64;
    }
    for (int i = 0; i < BATCH; i++) {
        static struct iovec one[BATCH];
        sizes[i].head = (struct cmsghdr){ CMSG_LEN(sizeof(uint16_t)), IPPROTO_UDP, UDP_SEGMENT };
        from_guest[i].msg_hdr = (struct msghdr){ .msg_iov = &frames[i], .msg_iovlen = 1 };
        to_guest[i].msg_hdr = (struct msghdr){ .msg_iov = &one[i], .msg_iovlen = 1 };
    }
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = (struct iovec){ received[i], SLOT_BYTES };
        from_udp[i].msg_hdr = (struct msghdr){
            .msg_iov = &slots[i], .msg_iovlen = 1, .msg_control = &segment_sizes[i] };
    }
    open_udp(argv[3], argv[4], argv[5]);
    if (is_tap)
        open_tap(argv[2]);
    else
        await_guest(argv[2]);
    polled[0].fd = local;
    polled[1].fd = udp;
    for (;;) {
        if (!spins && poll(polled, 2, -1) < 0)
            continue;
        if (spins || polled[0].revents != 0)
            (is_tap ? read_tap : read_guest)();
        if (spins || polled[1].revents != 0)
            read_udp();
    }
}
