#define _GNU_SOURCE

#include "Datagrams.h"

#include "CBenchmark.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const uint8_t mark[4] = { 'U', 'L', 'D', '2' };
static uint8_t bytes[BENCHMARK_SLOTS][BENCHMARK_DATAGRAM_BYTES];
static struct iovec pieces[BENCHMARK_SLOTS];
static struct mmsghdr messages[BENCHMARK_SLOTS];

/* Starts the one socket and the messages; it is closed again where an option is refused. */
static int start(int option_level, int option, int value)
{
    const struct timeval timeout = { 0, BENCHMARK_TIMEOUT_MS * 1000 };
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (descriptor < 0)
        return -errno;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    for (int i = 0; i < BENCHMARK_SLOTS; i++) {
        pieces[i] = (struct iovec){ bytes[i], BENCHMARK_DATAGRAM_BYTES };
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    if (value > 0 && setsockopt(descriptor, option_level, option, &value, sizeof value) != 0) {
        const int error = errno;

        close(descriptor);
        return -error;
    }
    return descriptor;
}

int benchmark_open_datagram_sender(const char *address, uint16_t port, int segment_bytes)
{
    struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(port) };
    int descriptor;

    if (inet_pton(AF_INET, address, &peer.sin_addr) != 1)
        return -EINVAL;
    descriptor = start(IPPROTO_UDP, UDP_SEGMENT, segment_bytes);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&peer, sizeof peer) != 0)
        return -errno;
    return descriptor;
}

int benchmark_open_datagram_receiver(uint16_t port, int buffer_bytes)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int descriptor = start(SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes);

    if (descriptor == -EPERM)
        descriptor = start(SOL_SOCKET, SO_RCVBUF, buffer_bytes);
    if (descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        return -errno;
    return descriptor;
}

int benchmark_send_datagrams(int descriptor, uint64_t first, const uint32_t *lengths, uint32_t count,
                             uint32_t segments)
{
    int sent;

    for (uint32_t i = 0; i < count; i++) {
        pieces[i].iov_len = lengths[i] * segments;
        for (uint32_t segment = 0; segment < segments; segment++, first++) {
            memcpy(bytes[i] + segment * lengths[i], mark, sizeof mark);
            memcpy(bytes[i] + segment * lengths[i] + 8, &first, sizeof first);
        }
    }
    do
        sent = sendmmsg(descriptor, messages, count, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int benchmark_receive_datagrams(int descriptor, uint64_t *numbers)
{
    int received, ours = 0;

    do
        received = recvmmsg(descriptor, messages, BENCHMARK_SLOTS, MSG_WAITFORONE, NULL);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        return -errno;
    for (int i = 0; i < received; i++)
        if (messages[i].msg_len >= BENCHMARK_DATAGRAM_HEAD && memcmp(bytes[i], mark, sizeof mark) == 0)
            memcpy(&numbers[ours++], bytes[i] + 8, sizeof *numbers);
    return ours;
}
