/*
 * bad-forwarding.c - the functions of the transport "bad" that a forwarding thread calls. See bad.c.
 */
#define _POSIX_C_SOURCE 200809L

#include "bad.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static unsigned char huge_frame[HUGE_FRAME];

/* A number that is no descriptor: high, so that nobody gets it again soon. */
static int closed_descriptor(void)
{
    int number = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 900);

    if (number >= 0)
        close(number);
    return number;
}

int32_t bad_start(umbel_port *port)
{
    umbel_host_port *host_port = endpoint_of(port)->host_port;

    if (endpoint_of(port)->fault == RESOLVE && bad_host->resolve(host_port, "localhost", 78) == -EPERM)
        bad_host->log(host_port, UMBEL_LOG_INFO, "not on a forwarding thread");
    return endpoint_of(port)->fault == START_FAILS ? -EIO : 0;
}

void bad_commit(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    endpoint->fault = endpoint->next_fault;
    endpoint->amount = endpoint->next_amount;
    bad_report(endpoint);
    bad_host->descriptors_changed(endpoint->host_port);
}

void bad_stop(umbel_port *port)
{
    bad_speak_late(endpoint_of(port)->host_port, endpoint_of(port)->fault);
    if (endpoint_of(port)->fault == STATE_RISES)
        bad_report(endpoint_of(port));
}

int32_t bad_descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    umbel_descriptor all[2] = { { 0, EPOLLIN, 1, UMBEL_DESCRIPTOR_DATA, 0 }, { 0, EPOLLIN, 2, UMBEL_DESCRIPTOR_DATA, 0 } };
    uint32_t i, count = 2;

    all[0].descriptor = all[1].descriptor = endpoint->socket;
    switch (endpoint->fault) {
    case DESCRIPTORS_CLOSED: all[1].descriptor = closed_descriptor(); break;
    case DESCRIPTORS_NEGATIVE: all[1].descriptor = -1; break;
    case DESCRIPTORS_FILE: case DESCRIPTORS_HUNG_UP: all[1].descriptor = endpoint->other; break;
    case DEADLINE_BY_READY:
        all[1].descriptor = endpoint->other;
        all[1].kind = UMBEL_DESCRIPTOR_HOUSEKEEPING;
        break;
    case DESCRIPTORS_TWICE: break;
    case DESCRIPTORS_BAD_KIND: all[0].kind = 77; count = 1; break;
    case DESCRIPTORS_BAD_EVENTS: all[0].events = 0xffffffffu; count = 1; break;
    case DESCRIPTORS_CHANGED: bad_host->descriptors_changed(endpoint->host_port); count = 1; break;
    default: count = 1; break;
    }
    for (i = 0; i < count && i < capacity; i++)
        *ELEMENT(umbel_descriptor, array, stride, i) = all[i];
    if (endpoint->fault == DESCRIPTORS_ERROR)
        return -EIO;
    return endpoint->fault == DESCRIPTORS_MANY ? (int32_t)(endpoint->amount ? endpoint->amount : 1000) : (int32_t)count;
}

/* Puts the pieces at endpoint->many in place of the one: a piece of first bytes, then count - 1 pieces of one byte. */
static void cut(umbel_endpoint *endpoint, umbel_frame *frame, const unsigned char *bytes, size_t first, uint32_t count)
{
    uint32_t i;

    endpoint->many[0].data = bytes;
    endpoint->many[0].length = first;
    for (i = 1; i < count; i++) {
        endpoint->many[i].data = bytes + first + i - 1;
        endpoint->many[i].length = 1;
    }
    frame->pieces = endpoint->many;
    frame->piece_count = count;
}

static void spoil_pieces(umbel_endpoint *endpoint, umbel_frame *frame, umbel_piece *piece)
{
    uint32_t amount = endpoint->amount ? endpoint->amount : 1;

    switch (endpoint->fault) {
    case RECEIVE_NO_PIECES: frame->piece_count = 0; break;
    case RECEIVE_NULL_PIECES: frame->pieces = NULL; break;
    case RECEIVE_NULL_DATA: piece->data = NULL; break;
    case RECEIVE_LENGTH_LONG: frame->length += amount; break;
    case RECEIVE_LENGTH_SHORT: frame->length -= amount; break;
    case RECEIVE_EMPTY: piece->length = frame->length = 0; break;
    case RECEIVE_RUNT: piece->length = frame->length = 5; break;
    case RECEIVE_HUGE: piece->data = huge_frame; piece->length = frame->length = HUGE_FRAME; break;
    case RECEIVE_PIECE_OVERFLOW:
        cut(endpoint, frame, piece->data, piece->length, 2);
        endpoint->many[1].length = (size_t)0 - (piece->length - 20);        /* the sum wraps round to 20 */
        frame->length = 20;
        break;
    case RECEIVE_SHORT_FIRST:
        cut(endpoint, frame, piece->data, 1, 2);
        endpoint->many[1].length = frame->length - 1;
        break;
    case RECEIVE_MANY_PIECES:
        cut(endpoint, frame, piece->data, 64, MANY_PIECES);
        frame->length = 64 + MANY_PIECES - 1;
        break;
    default: break;
    }
}

static void spoil_metadata(const umbel_endpoint *endpoint, umbel_frame *frame)
{
    switch (endpoint->fault) {
    case RECEIVE_FOREIGN_PORT: frame->port += endpoint->amount ? endpoint->amount : 1000; break;
    case RECEIVE_BAD_GSO: frame->offload.gso_type = 77; frame->offload.gso_size = 100; break;
    case RECEIVE_GSO_ZERO: frame->offload.gso_type = UMBEL_GSO_TCPV4; break;
    case RECEIVE_WILD_REMOTE: frame->remote.index = frame->remote.generation = 0xffffffffu; break;
    case RECEIVE_BAD_CHECKSUM:
        frame->offload.flags = UMBEL_OFFLOAD_NEEDS_CHECKSUM;
        frame->offload.checksum_start = frame->offload.checksum_offset = 0xffff;
        break;
    default: break;
    }
}

/* Bytes of the next frame, written to slot; negative: there is none now; 0: nothing to be passed on. */
static ssize_t take(umbel_endpoint *endpoint, uint32_t slot)
{
    ssize_t length = recv(endpoint->socket, endpoint->bytes[slot], sizeof endpoint->bytes[0], 0);

    if (length < 0 && endpoint->fault == RECEIVE_MORE_FRAMES && endpoint->first_length > 0) {
        memcpy(endpoint->bytes[slot], endpoint->bytes[0], endpoint->first_length);
        length = (ssize_t)endpoint->first_length;
    }
    if (length >= 0 && (length < 14 || length > (ssize_t)UMBEL_LARGEST_SEGMENT))
        return 0;
    if (length > 0 && slot == 0)
        endpoint->first_length = (uint32_t)length;
    return length;
}

int32_t bad_receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                    uint32_t *more)
{
    uint32_t count = 0, most = capacity < BATCH ? capacity : BATCH;
    ssize_t length;

    (void)token;
    *more = 0;
    bad_chatter(endpoint);
    if (endpoint->fault == RECEIVE_NEVER_DRAINS)
        return 0;
    while (count < most && (length = take(endpoint, count)) >= 0) {
        umbel_frame *frame = ELEMENT(umbel_frame, frames, stride, count);
        umbel_piece *piece = &endpoint->pieces[count];

        if (length == 0)
            continue;
        memset(frame, 0, sizeof *frame);
        piece->data = endpoint->bytes[count++];
        piece->length = frame->length = (uint32_t)length;
        frame->pieces = piece;
        frame->piece_count = 1;
        frame->port = endpoint->number;
        spoil_pieces(endpoint, frame, piece);
        spoil_metadata(endpoint, frame);
    }
    switch (endpoint->fault) {
    case RECEIVE_TOO_MANY: return (int32_t)(capacity + (endpoint->amount ? endpoint->amount : 1));
    case RECEIVE_MORE_EMPTY: *more = 1; return 0;
    case RECEIVE_MORE_FRAMES: *more = 1; break;
    case RECEIVE_ERROR: return -EIO;
    case STATE_RISES: return count > 0 ? -EIO : 0;
    case RECEIVE_SLEEPS:
        if (count > 0)
            poll(NULL, 0, endpoint->amount ? (int)endpoint->amount : 2000);
        break;
    case RECEIVE_LARGE_ERROR: return INT32_MIN;
    default: *more = count == most; break;
    }
    return (int32_t)count;
}

/* In 20 ms. */
static uint64_t soon(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec + 20000000u;
}

void bad_ready(umbel_endpoint *endpoint, uint64_t token, uint32_t events)
{
    uint64_t value;

    (void)token, (void)events;
    if (endpoint->fault == DEADLINE_BY_READY && read(endpoint->other, &value, sizeof value) > 0)
        endpoint->due = soon();
}

int32_t bad_send(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    umbel_endpoint *endpoint = endpoint_of(port);
    uint32_t i;

    if (endpoint->fault == DEADLINE_BY_SEND)
        endpoint->due = soon();
    switch (endpoint->fault) {
    case SEND_NOTHING: return 0;
    case SEND_AGAIN: return -EAGAIN;
    case SEND_ERROR: return -EIO;
    case SEND_LARGE_ERROR: return INT32_MIN;
    case SEND_TOO_MANY: return (int32_t)(count + (endpoint->amount ? endpoint->amount : 1));
    default: break;
    }
    for (i = 0; i < count; i++) {
        const umbel_frame *frame = ELEMENT(const umbel_frame, frames, stride, i);
        if (send(endpoint->socket, frame->pieces->data, frame->length, 0) < 0)
            return i > 0 ? (int32_t)i : -errno;
    }
    return (int32_t)count;
}

uint64_t bad_deadline(umbel_endpoint *endpoint)
{
    int storm = endpoint->fault == STATE_STORM || endpoint->fault == LOG_STORM || endpoint->fault == CONDITION_STORM
        || endpoint->fault == DEADLINE_PAST;

    return storm ? 1 : endpoint->due > 0 ? endpoint->due : UINT64_MAX;
}

void bad_tick(umbel_endpoint *endpoint, uint64_t now)
{
    (void)now;
    endpoint->ticks++;
    endpoint->due = 0;
    bad_chatter(endpoint);
}

int32_t bad_statistics(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    if (capacity > 0) {
        umbel_counter *counter = ELEMENT(umbel_counter, counters, stride, 0);
        counter->name = endpoint->fault == STATISTICS_NULL_NAME ? NULL : "ticks";
        counter->value = endpoint->fault == STATISTICS_NULL_NAME ? endpoint->turn : endpoint->ticks;
    }
    if (endpoint->fault == STATISTICS_ERROR)
        return -EIO;
    return endpoint->fault == STATISTICS_MANY ? 10000 : 1;
}
