#define _GNU_SOURCE

#include "CBenchmark.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- Ways in --------------------------------------------------------------------------------------------------- */

static void set_timeouts(int descriptor)
{
    const struct timeval timeout = { 0, BENCHMARK_TIMEOUT_MS * 1000 };

    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

/* Starts an endpoint; its descriptor is closed again where this reports an error. */
static int start(benchmark_endpoint *endpoint, int descriptor)
{
    memset(endpoint, 0, sizeof *endpoint);
    endpoint->descriptor = descriptor;
    endpoint->control = -1;
    if (descriptor < 0)
        return -errno;
    set_timeouts(descriptor);
    return 0;
}

static int fail(benchmark_endpoint *endpoint, int error)
{
    benchmark_close(endpoint);
    return -error;
}

static int set_path(struct sockaddr_un *address, const char *path)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path)
        return -1;
    strcpy(address->sun_path, path);
    return 0;
}

static int open_connected(benchmark_endpoint *endpoint, int type, const char *path)
{
    struct sockaddr_un address;
    int result = start(endpoint, socket(AF_UNIX, type | SOCK_CLOEXEC, 0));

    if (result != 0)
        return result;
    if (set_path(&address, path) != 0)
        return fail(endpoint, ENAMETOOLONG);
    if (connect(endpoint->descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(endpoint, errno);
    return 0;
}

int benchmark_open_seqpacket(benchmark_endpoint *endpoint, const char *path)
{
    return open_connected(endpoint, SOCK_SEQPACKET, path);
}

#define PREFIX 4                        /* bytes of a length */

struct benchmark_stream {
    size_t first, end;                  /* what is there of bytes */
    uint8_t bytes[BENCHMARK_SLOTS * (PREFIX + BENCHMARK_SLOT_BYTES)];
    struct iovec pieces[2 * BENCHMARK_SLOTS];
    uint8_t prefix[PREFIX];             /* all frames of a call have one length */
};

int benchmark_open_stream(benchmark_endpoint *endpoint, const char *path)
{
    int result = open_connected(endpoint, SOCK_STREAM, path);

    if (result != 0)
        return result;
    endpoint->stream = (uintptr_t)calloc(1, sizeof(struct benchmark_stream));
    return endpoint->stream == 0 ? fail(endpoint, ENOMEM) : 0;
}

/* The request of version 3, with the two bytes of padding that UML sends (wire-formats of uml_switch). */
struct vde_request {
    uint32_t magic, version, type;
    struct sockaddr_un data;
    uint8_t padding[2];
};

/* Binds the data socket to an abstract name as UML does, whose whole length counts. */
static int bind_abstract(int descriptor, struct sockaddr_un *address)
{
    static uint32_t serial;

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "umbel-load-%d-%u", (int)getpid(), serial++);
    return bind(descriptor, (struct sockaddr *)address, sizeof *address);
}

int benchmark_open_vde(benchmark_endpoint *endpoint, const char *path)
{
    struct vde_request request = { 0xfeedface, 3, 0, { 0 }, { 0 } };
    struct sockaddr_un address;
    struct stat about;
    char control[sizeof address.sun_path];
    int result = start(endpoint, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    if (result != 0)
        return result;
    result = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    if (snprintf(control, sizeof control, result ? "%s/ctl" : "%s", path) >= (int)sizeof control
        || set_path(&address, control) != 0)
        return fail(endpoint, ENAMETOOLONG);
    endpoint->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (endpoint->control < 0 || bind_abstract(endpoint->descriptor, &request.data) != 0
        || connect(endpoint->control, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(endpoint, errno);
    if (send(endpoint->control, &request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request)
        return fail(endpoint, EPIPE);
    if (recv(endpoint->control, endpoint->peer, sizeof(struct sockaddr_un), MSG_WAITALL) != (ssize_t)sizeof(struct sockaddr_un))
        return fail(endpoint, ECONNREFUSED);            /* a refusal is a close */
    endpoint->peer_length = sizeof(struct sockaddr_un);
    return 0;
}

int benchmark_open_multicast(benchmark_endpoint *endpoint, const char *group, uint16_t port, const char *interface)
{
    struct sockaddr_in address = { 0 };
    struct ip_mreq membership = { { 0 }, { 0 } };
    const int on = 1, off = 0;
    int result = start(endpoint, socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));

    if (result != 0)
        return result;
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, group, &membership.imr_multiaddr) != 1
        || (interface != NULL && inet_pton(AF_INET, interface, &membership.imr_interface) != 1))
        return fail(endpoint, EINVAL);
    address.sin_addr = membership.imr_multiaddr;
    setsockopt(endpoint->descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(endpoint->descriptor, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
    if (interface != NULL)
        setsockopt(endpoint->descriptor, IPPROTO_IP, IP_MULTICAST_IF, &membership.imr_interface,
                   sizeof membership.imr_interface);
    if (bind(endpoint->descriptor, (struct sockaddr *)&address, sizeof address) != 0
        || setsockopt(endpoint->descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership) != 0)
        return fail(endpoint, errno);
    memcpy(endpoint->peer, &address, sizeof address);
    endpoint->peer_length = sizeof address;
    return 0;
}

int benchmark_open_tap(benchmark_endpoint *endpoint, const char *name)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int result = start(endpoint, open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));

    if (result != 0)
        return result;
    endpoint->is_device = 1;
    if (strlen(name) >= sizeof request.ifr_name)
        return fail(endpoint, ENAMETOOLONG);
    strcpy(request.ifr_name, name);
    if (ioctl(endpoint->descriptor, TUNSETIFF, &request) != 0)
        return fail(endpoint, errno);
    return 0;
}

int benchmark_open_pair(benchmark_endpoint *first, benchmark_endpoint *second)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    start(first, ends[0]);
    start(second, ends[1]);
    return 0;
}

int benchmark_set_buffers(const benchmark_endpoint *endpoint, int bytes)
{
    if (setsockopt(endpoint->descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) != 0
        || setsockopt(endpoint->descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0)
        return -errno;
    return 0;
}

void benchmark_close(benchmark_endpoint *endpoint)
{
    if (endpoint->descriptor >= 0)
        close(endpoint->descriptor);
    if (endpoint->control >= 0)
        close(endpoint->control);
    endpoint->descriptor = endpoint->control = -1;
    free((void *)endpoint->stream);
    endpoint->stream = 0;
}

/* ---- Batches --------------------------------------------------------------------------------------------------- */

struct benchmark_batch {
    struct mmsghdr messages[BENCHMARK_SLOTS];
    struct iovec pieces[BENCHMARK_SLOTS];
    uint8_t bytes[BENCHMARK_SLOTS][BENCHMARK_SLOT_BYTES];
};

benchmark_batch *benchmark_batch_create(void)
{
    benchmark_batch *batch = calloc(1, sizeof *batch);

    for (int i = 0; batch != NULL && i < BENCHMARK_SLOTS; i++) {
        batch->pieces[i].iov_base = batch->bytes[i];
        batch->messages[i].msg_hdr.msg_iov = &batch->pieces[i];
        batch->messages[i].msg_hdr.msg_iovlen = 1;
    }
    return batch;
}

void benchmark_batch_free(benchmark_batch *batch)
{
    free(batch);
}

uint8_t *benchmark_slot(benchmark_batch *batch, uint32_t slot)
{
    return batch->bytes[slot];
}

uint32_t benchmark_length(const benchmark_batch *batch, uint32_t slot)
{
    return batch->messages[slot].msg_len;
}

/* What sendmmsg and recvmmsg do, for a descriptor that is no socket. */
static int write_frames(int descriptor, struct mmsghdr *messages, uint32_t count)
{
    uint32_t done = 0;

    while (done < count && writev(descriptor, messages[done].msg_hdr.msg_iov, 1) >= 0)
        done++;
    return done > 0 ? (int)done : -1;
}

static int read_frames(int descriptor, struct mmsghdr *messages, uint32_t limit)
{
    struct pollfd wanted = { .fd = descriptor, .events = POLLIN };
    uint32_t done = 0;

    if (poll(&wanted, 1, BENCHMARK_TIMEOUT_MS) == 0) {
        errno = EAGAIN;
        return -1;
    }
    for (; done < limit; done++) {
        ssize_t length = readv(descriptor, messages[done].msg_hdr.msg_iov, 1);
        if (length < 0)
            break;
        messages[done].msg_len = (unsigned)length;
    }
    return done > 0 ? (int)done : -1;
}

/* A frame of which a part has gone is sent to its end, however long that takes. */
static int send_stream(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count,
                       uint32_t length)
{
    struct benchmark_stream *stream = (struct benchmark_stream *)endpoint->stream;
    const size_t each = PREFIX + length;
    size_t done = 0;

    for (int i = 0; i < PREFIX; i++)
        stream->prefix[i] = (uint8_t)(length >> (24 - 8 * i));
    do {
        struct msghdr message = { .msg_iov = stream->pieces };
        size_t skipped = done % each;
        ssize_t sent;

        for (uint32_t i = first + (uint32_t)(done / each); i < first + count; i++) {
            stream->pieces[message.msg_iovlen++] = (struct iovec){ stream->prefix, PREFIX };
            stream->pieces[message.msg_iovlen++] = (struct iovec){ batch->bytes[i], length };
        }
        for (struct iovec *piece = stream->pieces; skipped > 0; piece++) {
            const size_t part = skipped < piece->iov_len ? skipped : piece->iov_len;

            piece->iov_base = (uint8_t *)piece->iov_base + part;
            piece->iov_len -= part;
            skipped -= part;
        }
        sent = sendmsg(endpoint->descriptor, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN && done == 0)
            return -EAGAIN;
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        done += sent > 0 ? (size_t)sent : 0;
    } while (done == 0 || done % each != 0);
    return (int)(done / each);
}

static size_t announced(const uint8_t *prefix)
{
    return (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
}

static int receive_stream(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t limit)
{
    struct benchmark_stream *stream = (struct benchmark_stream *)endpoint->stream;
    uint32_t count = 0;

    for (;;) {
        ssize_t received;

        while (count < limit && stream->end - stream->first >= PREFIX) {
            const uint8_t *prefix = stream->bytes + stream->first;
            const size_t length = announced(prefix);

            if (length > BENCHMARK_SLOT_BYTES)
                return -EBADMSG;
            if (stream->end - stream->first < PREFIX + length)
                break;
            memcpy(batch->bytes[count], prefix + PREFIX, length);
            batch->messages[count++].msg_len = (unsigned int)length;
            stream->first += PREFIX + length;
        }
        if (count > 0)
            return (int)count;
        memmove(stream->bytes, stream->bytes + stream->first, stream->end - stream->first);
        stream->end -= stream->first;
        stream->first = 0;
        received = recv(endpoint->descriptor, stream->bytes + stream->end, sizeof stream->bytes - stream->end, 0);
        if (received == 0)
            return -EPIPE;
        if (received < 0 && errno != EINTR)
            return -errno;
        stream->end += received > 0 ? (size_t)received : 0;
    }
}

/* Sends slots first to first + count - 1, whose lengths are set; to a stream those that are as long as the first. */
static int send_slots(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count)
{
    int sent;

    if (endpoint->stream != 0) {
        const size_t length = batch->pieces[first].iov_len;
        uint32_t alike = 1;

        while (alike < count && batch->pieces[first + alike].iov_len == length)
            alike++;
        return send_stream(batch, endpoint, first, alike, (uint32_t)length);
    }
    for (uint32_t i = first; i < first + count; i++) {
        batch->messages[i].msg_hdr.msg_name = endpoint->peer_length > 0 ? (void *)endpoint->peer : NULL;
        batch->messages[i].msg_hdr.msg_namelen = endpoint->peer_length;
    }
    do
        sent = endpoint->is_device
            ? write_frames(endpoint->descriptor, batch->messages + first, count)
            : sendmmsg(endpoint->descriptor, batch->messages + first, count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int benchmark_send(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count,
                   uint32_t length)
{
    for (uint32_t i = first; i < first + count; i++)
        batch->pieces[i].iov_len = length;
    return send_slots(batch, endpoint, first, count);
}

int benchmark_send_mixed(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t first, uint32_t count,
                         const uint32_t *lengths)
{
    for (uint32_t i = first; i < first + count; i++)
        batch->pieces[i].iov_len = lengths[i];
    return send_slots(batch, endpoint, first, count);
}

int benchmark_receive(benchmark_batch *batch, const benchmark_endpoint *endpoint, uint32_t limit)
{
    int received;

    if (endpoint->stream != 0)
        return receive_stream(batch, endpoint, limit);
    for (uint32_t i = 0; i < limit; i++) {
        batch->pieces[i].iov_len = BENCHMARK_SLOT_BYTES;
        batch->messages[i].msg_hdr.msg_name = NULL;
        batch->messages[i].msg_hdr.msg_namelen = 0;
    }
    do
        received = endpoint->is_device
            ? read_frames(endpoint->descriptor, batch->messages, limit)
            : recvmmsg(endpoint->descriptor, batch->messages, limit, MSG_WAITFORONE, NULL);
    while (received < 0 && errno == EINTR);
    if (received < 0)
        return -errno;
    /* A SOCK_SEQPACKET that has ended delivers empty messages for ever. */
    return received > 0 && batch->messages[0].msg_len == 0 ? -EPIPE : received;
}

/* ---- Clocks ---------------------------------------------------------------------------------------------------- */

int64_t benchmark_cpu_nanoseconds(pid_t process)
{
    struct timespec time;
    clockid_t clock;
    int result = clock_getcpuclockid(process, &clock);

    if (result != 0)
        return -result;
    if (clock_gettime(clock, &time) != 0)
        return -errno;
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
