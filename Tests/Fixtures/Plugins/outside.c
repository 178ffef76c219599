/*
 * outside.c - an Ethernet cable made of UDP: one frame is one datagram between two fixed addresses.
 *
 * An outside author's transport, written from umbel_transport.h alone, and the example of contrib/doc/plugins.md. It is
 * plain C90 with POSIX; it knows nothing of the agent's sources. Build it:
 *
 *   cc -std=c90 -pedantic -Wall -Wextra -shared -fPIC -fvisibility=hidden -I Sources/CTransport/include \
 *     -o libumbel-outside.so outside.c
 *
 * Theory of operation
 *   One port has one endpoint, which has one connected UDP socket: the kernel then passes on what the peer sent and
 *   nothing else. The port is allocated in open, with all its buffers, and freed in close.
 *   A socket that cannot be made now, because the local address or a route is not there yet, is no error: the port
 *   waits, the host calls prepare from time to time, and commit puts into force what prepare made.
 *   The socket is all that a port leaves to the next process: it knows both addresses, and keeps what has come in.
 */
#define _POSIX_C_SOURCE 200809L

#include "umbel_transport.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64u                       /* frames that one receive returns at most */
#define SHORTEST 14                     /* bytes of an Ethernet header */
#define CONNECTED 1u                    /* the kind of the one descriptor that is kept */

enum { LOCAL, PORT, PEER, PEER_PORT, OPTION_COUNT };

static const umbel_option options[OPTION_COUNT] = {
    { "local", "address to receive at", NULL, NULL, 0, 0, UMBEL_OPTION_ADDRESS, UMBEL_OPTION_REQUIRED },
    { "port", "UDP port to receive at, 1 to 65535", "4790", NULL, 1, 65535, UMBEL_OPTION_INTEGER, 0 },
    { "peer", "address to send to", NULL, NULL, 0, 0, UMBEL_OPTION_ADDRESS, UMBEL_OPTION_REQUIRED },
    { "peer-port", "UDP port to send to, 1 to 65535", "4790", NULL, 1, 65535, UMBEL_OPTION_INTEGER, 0 }
};

struct umbel_endpoint {
    int socket;                         /* -1 while the port waits */
    uint32_t number;                    /* of the port, for received frames */
    uint64_t runts, oversize;           /* datagrams left out */
    umbel_piece pieces[BATCH];
    unsigned char bytes[BATCH][UMBEL_LARGEST_SEGMENT];
};

struct umbel_port {
    umbel_host_port *host_port;
    struct sockaddr_storage local, peer;
    socklen_t length;                   /* of both */
    int prepared;                       /* the socket that commit takes over; -1: none */
    umbel_endpoint endpoint;
};

static const umbel_host *host;

/* Element index of an array of the host, which may be of a version with a larger or a smaller element than ours. */
static void put(void *array, uint32_t stride, uint32_t index, const void *element, size_t size)
{
    memcpy((char *)array + (size_t)index * stride, element, size < stride ? size : stride);
}

/* ---- Control thread -------------------------------------------------------------------------------------------- */

static const umbel_value *value_of(const umbel_open *configuration, uint32_t option)
{
    uint32_t i;

    for (i = 0; i < configuration->value_count; i++) {
        const umbel_value *value = (const umbel_value *)(const void *)((const char *)configuration->values
                                                                       + (size_t)i * configuration->value_stride);
        if (value->option == option)
            return value;
    }
    return NULL;
}

static int32_t refuse(umbel_problem *problem, uint32_t option, const char *text, int32_t result)
{
    problem->option = option;
    strncpy(problem->text, text, sizeof problem->text - 1);
    problem->text[sizeof problem->text - 1] = '\0';
    return result;
}

static int address_of(const umbel_open *configuration, uint32_t address, uint32_t port, struct sockaddr_storage *result,
                      socklen_t *length)
{
    const umbel_value *host_value = value_of(configuration, address), *port_value = value_of(configuration, port);
    struct addrinfo hints, *found;
    char service[8];

    if (host_value == NULL || port_value == NULL)
        return -1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;           /* numbers only: this does not block */
    sprintf(service, "%u", (unsigned)(port_value->integer & 0xffff));
    if (getaddrinfo(host_value->text, service, &hints, &found) != 0)
        return -1;
    memcpy(result, found->ai_addr, found->ai_addrlen);
    *length = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

static int32_t check(const umbel_open *configuration, umbel_problem *problem)
{
    struct sockaddr_storage local, peer;
    socklen_t length;

    if (address_of(configuration, LOCAL, PORT, &local, &length) != 0)
        return refuse(problem, LOCAL, "give the address to receive at", -EINVAL);
    if (address_of(configuration, PEER, PEER_PORT, &peer, &length) != 0 || local.ss_family != peer.ss_family)
        return refuse(problem, PEER, "give a peer of the same family as the local address", -EINVAL);
    return 0;
}

/* A connected, non-blocking socket, or -errno. */
static int connected_socket(const umbel_port *port)
{
    int result, made = socket(port->local.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (made >= 0 && bind(made, (const struct sockaddr *)&port->local, port->length) == 0
        && connect(made, (const struct sockaddr *)&port->peer, port->length) == 0)
        return made;
    result = -errno;
    if (made >= 0)
        close(made);
    return result;
}

static void report(const umbel_port *port, uint32_t state, int error)
{
    umbel_state news;

    memset(&news, 0, sizeof news);
    news.size = sizeof news;
    news.state = state;
    news.error = error;
    news.text = error == 0 ? NULL : strerror(error);
    host->state_changed(port->host_port, &news);
}

/* What the port of the process before has left, or NULL. */
static const umbel_heritage *heritage_of(const umbel_open *configuration)
{
    /* A host of before the field was added ends its struct there. */
    return configuration->size > offsetof(umbel_open, adopted) ? configuration->adopted : NULL;
}

static int32_t open_port(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **result,
                         umbel_endpoint **endpoint, umbel_problem *problem)
{
    const umbel_heritage *left = heritage_of(configuration);
    umbel_port *port;
    int32_t checked = check(configuration, problem);

    if (checked != 0)
        return checked;
    if (left != NULL && (left->kept_count != 1 || left->kept->kind != CONNECTED || left->state_length != 0))
        return refuse(problem, UMBEL_NO_OPTION, "another version has left this port", -EBADMSG);
    port = calloc(1, sizeof *port);
    if (port == NULL)
        return refuse(problem, UMBEL_NO_OPTION, "out of memory", -ENOMEM);
    port->host_port = host_port;
    port->prepared = -1;
    port->endpoint.number = configuration->number;
    address_of(configuration, LOCAL, PORT, &port->local, &port->length);
    address_of(configuration, PEER, PEER_PORT, &port->peer, &port->length);

    port->endpoint.socket = left != NULL ? left->kept->descriptor : connected_socket(port);
    if (port->endpoint.socket < 0) {
        report(port, UMBEL_STATE_WAITING, -port->endpoint.socket);
        port->endpoint.socket = -1;
    } else {
        report(port, UMBEL_STATE_UP, 0);
    }
    *result = port;
    *endpoint = &port->endpoint;
    return 0;
}

static int32_t prepare(umbel_port *port, uint32_t reason, const umbel_open *configuration, umbel_problem *problem)
{
    (void)configuration;                /* no option is live: a changed one closes and opens the port */
    (void)problem;
    if (reason != UMBEL_PREPARE_RETRY)
        return 0;
    port->prepared = connected_socket(port);
    if (port->prepared >= 0)
        return 1;
    report(port, UMBEL_STATE_WAITING, -port->prepared);
    port->prepared = -1;
    return 0;
}

static int32_t hand_over(umbel_port *port, umbel_heritage *heritage)
{
    /* A datagram is a frame, so it does not matter when the process ends. */
    if (port->endpoint.socket < 0 || heritage->kept_count < 1)
        return -EAGAIN;
    heritage->kept->descriptor = port->endpoint.socket;
    heritage->kept->kind = CONNECTED;
    heritage->kept_count = 1;
    heritage->state_length = 0;
    return 0;
}

static void close_port(umbel_port *port)
{
    if (port->endpoint.socket >= 0)
        close(port->endpoint.socket);
    if (port->prepared >= 0)
        close(port->prepared);
    free(port);
}

/* ---- Forwarding thread: no allocation, no waiting, no log line for each frame ---------------------------------- */

static void commit(umbel_port *port)
{
    port->endpoint.socket = port->prepared;
    port->prepared = -1;
    host->descriptors_changed(port->host_port);
    report(port, UMBEL_STATE_UP, 0);
}

static int32_t descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    umbel_descriptor descriptor;

    if (endpoint->socket < 0)
        return 0;
    memset(&descriptor, 0, sizeof descriptor);
    descriptor.descriptor = endpoint->socket;
    descriptor.events = EPOLLIN;
    descriptor.kind = UMBEL_DESCRIPTOR_DATA;
    if (capacity > 0)
        put(array, stride, 0, &descriptor, sizeof descriptor);
    return 1;
}

static int32_t receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more)
{
    uint32_t count = 0, tries;
    umbel_frame frame;

    (void)token;                        /* there is one descriptor */
    *more = 0;
    memset(&frame, 0, sizeof frame);
    frame.piece_count = 1;
    frame.port = endpoint->number;
    for (tries = 0; tries < BATCH && count < capacity; tries++) {
        /* MSG_TRUNC: the length that the datagram had, also where the buffer was too short for it. */
        ssize_t length = recv(endpoint->socket, endpoint->bytes[count], UMBEL_LARGEST_SEGMENT, MSG_TRUNC);

        if (length < 0 && errno == ECONNREFUSED)
            continue;                   /* about a datagram of ours: the peer was not there */
        if (length < 0)
            return (int32_t)count;      /* EAGAIN: nothing left. What a network reports late passes by itself */
        if (length < SHORTEST) {
            endpoint->runts++;
        } else if (length > (ssize_t)UMBEL_LARGEST_SEGMENT) {
            endpoint->oversize++;
        } else {
            endpoint->pieces[count].data = endpoint->bytes[count];
            endpoint->pieces[count].length = (size_t)length;
            frame.pieces = &endpoint->pieces[count];
            frame.length = (uint32_t)length;
            put(frames, stride, count++, &frame, sizeof frame);
        }
    }
    *more = 1;                          /* the loop ended before the socket was empty */
    return (int32_t)count;
}

static int32_t send_frames(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        const umbel_frame *frame = (const umbel_frame *)(const void *)((const char *)frames + (size_t)i * stride);
        /* One piece: report() promised no more. A socket's late error is reported once, instead of a send. */
        ssize_t sent = send(port->endpoint.socket, frame->pieces->data, frame->length, 0);

        if (sent < 0 && errno == ECONNREFUSED)
            sent = send(port->endpoint.socket, frame->pieces->data, frame->length, 0);
        if (sent < 0)
            return i > 0 ? (int32_t)i : -errno;
    }
    return (int32_t)count;
}

static int32_t statistics(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity)
{
    umbel_counter all[2];
    uint32_t i;

    all[0].name = "runt";
    all[0].value = port->endpoint.runts;
    all[1].name = "oversize";
    all[1].value = port->endpoint.oversize;
    for (i = 0; i < 2 && i < capacity; i++)
        put(counters, stride, i, &all[i], sizeof all[i]);
    return 2;
}

/* ---- The exported symbol --------------------------------------------------------------------------------------- */

/* Assigned one by one, not listed in order: a later header with more fields needs no change here. */
static umbel_transport table;

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host_table)
{
    if (host_table->abi_level != UMBEL_ABI_LEVEL)
        return NULL;
    host = host_table;
    table.size = sizeof table;
    table.abi_level = UMBEL_ABI_LEVEL;
    table.name = "outside";
    table.summary = "an Ethernet cable over UDP, between two addresses";
    table.options = options;
    table.option_count = OPTION_COUNT;
    table.option_stride = sizeof options[0];
    table.roles = UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK;
    table.default_role = UMBEL_ROLE_TRUNK;
    table.check = check;
    table.open = open_port;
    table.prepare = prepare;
    table.close = close_port;
    table.commit = commit;
    table.descriptors = descriptors;
    table.receive = receive;
    table.send = send_frames;
    table.statistics = statistics;
    table.hand_over = hand_over;
    return &table;
}
