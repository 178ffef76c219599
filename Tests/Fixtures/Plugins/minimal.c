/*
 * minimal.c - the smallest useful transport: a cable between two UDP ports of this host. See contrib/doc/plugins.md,
 * which walks through this file, and outside.c for what a transport for everyday use has besides.
 */
#include "umbel_transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT, PEER_PORT, OPTION_COUNT };

static const umbel_option options[OPTION_COUNT] = {
    { "port", "UDP port of this end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED },
    { "peer-port", "UDP port of the other end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED }
};

struct umbel_endpoint {
    int socket;
    uint32_t number;                                            /* of the port, for received frames */
    umbel_piece piece;
    unsigned char bytes[UMBEL_LARGEST_SEGMENT + 1];             /* one more, to tell an oversize frame */
};

static const umbel_host *host;

static struct sockaddr_in loopback(const umbel_open *configuration, uint32_t option)
{
    struct sockaddr_in address = { 0 };
    uint32_t i;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (i = 0; i < configuration->value_count; i++) {
        const umbel_value *value = (const void *)((const char *)configuration->values + i * configuration->value_stride);
        if (value->option == option)
            address.sin_port = htons((uint16_t)value->integer);
    }
    return address;
}

static int32_t open_port(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **port,
                         umbel_endpoint **endpoint, umbel_problem *problem)
{
    struct sockaddr_in here = loopback(configuration, PORT), there = loopback(configuration, PEER_PORT);
    umbel_state up = { sizeof up, UMBEL_STATE_UP, 0, 0, 0, 0, NULL, 0, 0 };
    umbel_endpoint *made = calloc(1, sizeof *made);

    if (made == NULL)
        return -ENOMEM;
    made->number = configuration->number;
    made->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (made->socket < 0 || bind(made->socket, (struct sockaddr *)&here, sizeof here) != 0
        || connect(made->socket, (struct sockaddr *)&there, sizeof there) != 0) {
        int error = errno;
        strcpy(problem->text, "cannot bind the UDP port: name a free one");
        if (made->socket >= 0)
            close(made->socket);
        free(made);
        return -error;
    }
    *endpoint = made;
    *port = (umbel_port *)made;                                 /* one port an endpoint: the same thing */
    host->state_changed(host_port, &up);
    return 0;
}

static void close_port(umbel_port *port)
{
    close(((umbel_endpoint *)port)->socket);
    free(port);
}

static int32_t descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    (void)stride;                                               /* there is one element */
    if (capacity > 0) {
        array->descriptor = endpoint->socket;
        array->events = EPOLLIN;
        array->token = 0;
        array->kind = UMBEL_DESCRIPTOR_DATA;
        array->zero = 0;
    }
    return 1;
}

static int32_t receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more)
{
    ssize_t length = recv(endpoint->socket, endpoint->bytes, sizeof endpoint->bytes, 0);

    (void)token, (void)stride;
    *more = length >= 0;                                        /* there may be another */
    if (capacity == 0 || length < 14 || length > (ssize_t)UMBEL_LARGEST_SEGMENT)
        return 0;                                               /* nothing, or no Ethernet frame */
    endpoint->piece.data = endpoint->bytes;
    endpoint->piece.length = (size_t)length;
    memset(frames, 0, sizeof *frames);
    frames->pieces = &endpoint->piece;
    frames->piece_count = 1;
    frames->length = (uint32_t)length;
    frames->port = endpoint->number;
    return 1;
}

static int32_t send_frames(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        const umbel_frame *frame = (const void *)((const char *)frames + i * stride);
        if (send(((umbel_endpoint *)port)->socket, frame->pieces->data, frame->length, 0) < 0)
            return i > 0 ? (int32_t)i : -errno;
    }
    return (int32_t)count;
}

static umbel_transport table;

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host_table)
{
    host = host_table;
    table.size = sizeof table;
    table.abi_level = UMBEL_ABI_LEVEL;
    table.name = "minimal";
    table.summary = "a cable between two UDP ports of this host";
    table.options = options;
    table.option_count = OPTION_COUNT;
    table.option_stride = sizeof options[0];
    table.roles = UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK;
    table.default_role = UMBEL_ROLE_TRUNK;
    table.open = open_port;
    table.close = close_port;
    table.descriptors = descriptors;
    table.receive = receive;
    table.send = send_frames;
    return host_table->abi_level == UMBEL_ABI_LEVEL ? &table : NULL;
}
