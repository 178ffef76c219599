/*
 * bare-switch - the least that a learning switch over Unix sockets can be: a yardstick, not a product.
 *
 *   bare-switch PATH
 *
 * A SOCK_SEQPACKET listener at PATH, one port a client, one thread, level-triggered epoll; recvmmsg of a batch, a look
 * into a table of source addresses, sendmmsg of each run of frames to one port. Nothing ages, queues, counts or checks;
 * what a receiver does not take at once is lost. It ends with SIGTERM.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BATCH 64
#define MOST_PORTS 1024                 /* descriptors: a port's number is its descriptor */
#define TABLE 262144u                   /* slots, a power of two */
#define FRAME_BYTES 9216
#define BUFFER_BYTES (4 * 1024 * 1024)

static struct { uint64_t address; int port; } table[TABLE];     /* address 0: empty */
static uint8_t bytes[BATCH][FRAME_BYTES];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];
static int is_port[MOST_PORTS];
static int epoll_descriptor;

static uint64_t address_at(const uint8_t *at)
{
    uint64_t address = 0;

    memcpy(&address, at, 6);
    return address;
}

/* Where address is, or where it goes. The table never fills up: what finds no slot in 64 takes the last. */
static uint32_t slot_of(uint64_t address)
{
    uint32_t slot = (uint32_t)((address * 0x9e3779b97f4a7c15u) >> 46), probes;

    for (probes = 0; probes < 64; probes++, slot = (slot + 1) % TABLE)
        if (table[slot].address == address || table[slot].address == 0)
            return slot;
    return slot;
}

static void leave(int port)
{
    for (uint32_t slot = 0; slot < TABLE; slot++)
        if (table[slot].port == port)
            table[slot].port = 0;       /* known, nowhere: flooded */
    is_port[port] = 0;
    close(port);
}

static void join(int listener)
{
    int port = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), size = BUFFER_BYTES;
    struct epoll_event event = { .events = EPOLLIN, .data.fd = port };

    if (port < 0)
        return;
    if (port >= MOST_PORTS) {
        close(port);
        return;
    }
    setsockopt(port, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, port, &event);
    is_port[port] = 1;
}

static void flood(int from, int index)
{
    for (int port = 0; port < MOST_PORTS; port++)
        if (is_port[port] && port != from)
            sendmmsg(port, &messages[index], 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void forward(int from)
{
    int count, first = 0, to[BATCH];

    for (int i = 0; i < BATCH; i++)
        pieces[i].iov_len = FRAME_BYTES;
    count = recvmmsg(from, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) || (count > 0 && messages[0].msg_len == 0)) {
        leave(from);
        return;
    }
    for (int i = 0; i < count; i++) {
        uint64_t destination = address_at(bytes[i]), source = address_at(bytes[i] + 6);
        uint32_t slot = slot_of(source);
        pieces[i].iov_len = messages[i].msg_len;
        table[slot].address = source;
        table[slot].port = from;
        slot = slot_of(destination);
        to[i] = bytes[i][0] & 1 || table[slot].address != destination ? 0 : table[slot].port;
    }
    while (first < count) {
        int end = first + 1;
        if (to[first] == 0) {
            flood(from, first);
        } else {
            while (end < count && to[end] == to[first])
                end++;
            if (to[first] != from)
                sendmmsg(to[first], &messages[first], (unsigned)(end - first), MSG_DONTWAIT | MSG_NOSIGNAL);
        }
        first = end;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct epoll_event event = { .events = EPOLLIN }, events[16];
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: bare-switch PATH\n");
        return 64;
    }
    strcpy(address.sun_path, argv[1]);
    epoll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    event.data.fd = listener;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0
        || epoll_ctl(epoll_descriptor, EPOLL_CTL_ADD, listener, &event) != 0) {
        perror(argv[1]);
        return 71;
    }
    for (int i = 0; i < BATCH; i++) {
        pieces[i].iov_base = bytes[i];
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (;;) {
        int count = epoll_wait(epoll_descriptor, events, 16, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                join(listener);
            else
                forward(events[i].data.fd);
        }
    }
}
