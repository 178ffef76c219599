/*
 * frozen1.c - the source of libumbel-frozen1.so, the transport of ABI level 1 that no later agent may break.
 *
 * The binary beside this file is never built again. It was compiled for x86_64 by the command at the end of this comment
 * from umbel_transport.h as of commit ffa3542 (sha256 b9c5938fe37cbecc…).
 * A change that would need it to be rebuilt is a change of the ABI, and wants a level and a frozen binary of its own.
 *
 * It uses every struct and function of that header, so that a test which drives it notices a field that has moved:
 *   - a cable between two UDP ports of loopback: "port" to "peer-port"; with neither, a client of the door "frozen1";
 *   - one option of each type; start logs the values in one line;
 *   - frames are received in two pieces, from remote {1, 1}, and sent from up to four;
 *   - the datagram "gone" makes remote {1, 1} go, "late" the descriptors change; both count as runts;
 *   - prepare answers a new value of "live" with commit, which logs it; interface events are logged where "watch" is on;
 *   - "host" is resolved, and the number of addresses is logged;
 *   - the door's handshake is the message "hello"; anything else is refused;
 *   - counters: ticks (every 100 ms), readies (1, from an eventfd after start), runts, to-remote (frames to {1, 1}).
 *
 *   gcc -std=c90 -pedantic -Wall -Wextra -Werror -O2 -shared -fPIC -fvisibility=hidden -s \
 *     -Wl,--build-id=none,-z,noseparate-code -I Sources/CTransport/include -o libumbel-frozen1.so frozen1.c
 */
#define _POSIX_C_SOURCE 200809L

#include "umbel_transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define BATCH 16u
#define HEAD 64u                        /* bytes of a received frame's first piece */
#define MOST_PIECES 4
#define TICK_NANOSECONDS 100000000u

enum { PORT, PEER_PORT, STRING, INTEGER, BOOLEAN, CHOICE, LIST, RANGE, DURATION, SIZE, ADDRESS, INTERFACE, HOST, LIVE,
       WATCH, OPTION_COUNT };

static const char *const choices[] = { "red", "green", NULL };
static const umbel_option options[OPTION_COUNT] = {
    { "port", "UDP port of this end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, 0 },
    { "peer-port", "UDP port of the other end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, 0 },
    { "string", "any text", "text", NULL, 0, 0, UMBEL_OPTION_STRING, 0 },
    { "integer", "a number, -5 to 5", "-5", NULL, -5, 5, UMBEL_OPTION_INTEGER, 0 },
    { "boolean", "yes or no", "yes", NULL, 0, 0, UMBEL_OPTION_BOOLEAN, 0 },
    { "choice", "a colour", "green", choices, 0, 0, UMBEL_OPTION_CHOICE, 0 },
    { "list", "words", NULL, NULL, 0, 0, UMBEL_OPTION_LIST, 0 },
    { "range", "numbers, 1 to 10", "2-3", NULL, 1, 10, UMBEL_OPTION_RANGE, 0 },
    { "duration", "a time", "1500ms", NULL, 0, 0, UMBEL_OPTION_DURATION, 0 },
    { "size", "bytes", "2K", NULL, 0, 0, UMBEL_OPTION_SIZE, 0 },
    { "address", "an address", "127.0.0.1", NULL, 0, 0, UMBEL_OPTION_ADDRESS, 0 },
    { "interface", "an interface", "lo", NULL, 0, 0, UMBEL_OPTION_INTERFACE, 0 },
    { "host", "a host, to be resolved", NULL, NULL, 0, 0, UMBEL_OPTION_HOST, 0 },
    { "live", "a number that may change", "1", NULL, 0, 0, UMBEL_OPTION_INTEGER, UMBEL_OPTION_LIVE },
    { "watch", "interface events", "no", NULL, 0, 0, UMBEL_OPTION_BOOLEAN, 0 }
};

static const umbel_door doors[] = { { "frozen1", "frozen1", "a message \"hello\", then frames", SOCK_SEQPACKET, 0 } };

struct umbel_endpoint {
    umbel_host_port *host_port;
    int socket, event, is_client;
    uint32_t number;
    uint64_t next_tick, ticks, readies, runts, to_remote;
    int64_t live, next_live;
    char values[241];                   /* what start logs */
    umbel_piece pieces[BATCH][2];
    unsigned char bytes[BATCH][UMBEL_LARGEST_SEGMENT + 1];
};
#define endpoint_of(port) ((umbel_endpoint *)(void *)(port))        /* one port an endpoint: the same thing */

static const umbel_host *host;

#define ELEMENT(type, array, stride, index) ((type *)(void *)((char *)(array) + (size_t)(index) * (stride)))

static void put(void *array, uint32_t stride, uint32_t index, const void *element, size_t size)
{
    memcpy((char *)array + (size_t)index * stride, element, size < stride ? size : stride);
}

/* ---- Control thread -------------------------------------------------------------------------------------------- */

static const umbel_value *value_of(const umbel_open *configuration, uint32_t option)
{
    uint32_t i;

    for (i = 0; i < configuration->value_count; i++) {
        const umbel_value *value = ELEMENT(const umbel_value, configuration->values, configuration->value_stride, i);
        if (value->option == option)
            return value;
    }
    return NULL;
}

static long number_of(const umbel_open *configuration, uint32_t option)
{
    const umbel_value *value = value_of(configuration, option);

    return value == NULL ? 0 : (long)value->integer;
}

static const char *text_of(const umbel_open *configuration, uint32_t option)
{
    const umbel_value *value = value_of(configuration, option);

    return value == NULL ? "-" : value->text;
}

static int32_t refuse(umbel_problem *problem, uint32_t option, const char *text, int32_t result)
{
    problem->option = option;
    strcpy(problem->text, text);
    return result;
}

static int32_t check(const umbel_open *configuration, umbel_problem *problem)
{
    if ((value_of(configuration, PORT) == NULL) != (value_of(configuration, PEER_PORT) == NULL))
        return refuse(problem, PEER_PORT, "give port and peer-port, or neither", -EINVAL);
    return 0;
}

static int32_t accept_client(umbel_client *client, umbel_problem *problem)
{
    char message[8];
    ssize_t length = recv(client->descriptor, message, sizeof message, MSG_DONTWAIT);

    if (length < 0 && errno == EAGAIN)
        return 0;
    if (length != 5 || memcmp(message, "hello", 5) != 0 || client->socket_type != SOCK_SEQPACKET || client->door != 0)
        return refuse(problem, UMBEL_NO_OPTION, "the first message is not hello", -EPROTO);
    client->state = malloc(1);
    return client->state == NULL ? -ENOMEM : 1;
}

static void abandon(umbel_client *client)
{
    free(client->state);
}

static void describe(char text[241], const umbel_open *configuration)
{
    const umbel_value *list = value_of(configuration, LIST), *range = value_of(configuration, RANGE);
    uint32_t items = list == NULL ? 0 : list->item_count;

    snprintf(text, 241, "%.20s/%.20s role=%u string=%.10s integer=%ld boolean=%ld choice=%ld/%.5s list=%u/%.5s range=%ld-%ld "
             "duration=%ld size=%ld address=%.15s interface=%.5s client=%d",
             configuration->lan, configuration->name, (unsigned)configuration->role, text_of(configuration, STRING),
             number_of(configuration, INTEGER), number_of(configuration, BOOLEAN), number_of(configuration, CHOICE),
             text_of(configuration, CHOICE), (unsigned)items, items > 0 ? list->items[items - 1] : "-",
             range == NULL ? 0L : (long)range->integer, range == NULL ? 0L : (long)range->upper,
             number_of(configuration, DURATION), number_of(configuration, SIZE), text_of(configuration, ADDRESS),
             text_of(configuration, INTERFACE), configuration->client != NULL);
}

static int udp_socket(const umbel_open *configuration)
{
    struct sockaddr_in here = { 0 }, there;
    int result, made = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    here.sin_family = AF_INET;
    inet_pton(AF_INET, text_of(configuration, ADDRESS), &here.sin_addr);
    there = here;
    here.sin_port = htons((uint16_t)number_of(configuration, PORT));
    there.sin_port = htons((uint16_t)number_of(configuration, PEER_PORT));
    if (made >= 0 && bind(made, (struct sockaddr *)&here, sizeof here) == 0
        && connect(made, (struct sockaddr *)&there, sizeof there) == 0)
        return made;
    result = -errno;
    if (made >= 0)
        close(made);
    return result;
}

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void report_up(const umbel_endpoint *endpoint, const char *text)
{
    umbel_state state;

    memset(&state, 0, sizeof state);
    state.size = sizeof state;
    state.state = UMBEL_STATE_UP;
    state.largest_frame = 9000;
    state.most_pieces = MOST_PIECES;
    state.text = text;
    host->state_changed(endpoint->host_port, &state);
}

static int32_t open_port(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **port,
                         umbel_endpoint **endpoint, umbel_problem *problem)
{
    umbel_client *client = configuration->client;
    int made = client != NULL ? client->descriptor : udp_socket(configuration);
    umbel_endpoint *result = calloc(1, sizeof *result);

    if (made < 0)
        free(result);
    if (made < 0 || result == NULL)
        return refuse(problem, PORT, "cannot bind the UDP port: name a free one", made < 0 ? made : -ENOMEM);
    if (client != NULL)
        free(client->state);
    result->host_port = host_port;
    result->socket = made;
    result->is_client = client != NULL;
    result->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    result->number = configuration->number;
    result->live = result->next_live = number_of(configuration, LIVE);
    result->next_tick = now() + TICK_NANOSECONDS;
    describe(result->values, configuration);
    if (number_of(configuration, WATCH))
        host->watch_interfaces(host_port);
    if (value_of(configuration, HOST) != NULL)
        host->resolve(host_port, text_of(configuration, HOST), 77);
    *endpoint = result;
    *port = (umbel_port *)(void *)result;
    report_up(result, "frozen");
    return 0;
}

static int32_t prepare(umbel_port *port, uint32_t reason, const umbel_open *configuration, umbel_problem *problem)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    if (reason == UMBEL_PREPARE_INTERFACES)
        host->log(endpoint->host_port, UMBEL_LOG_INFO, "interfaces");
    if (reason != UMBEL_PREPARE_CONFIGURATION)
        return 0;
    endpoint->next_live = number_of(configuration, LIVE);
    if (endpoint->next_live < 0)
        return refuse(problem, LIVE, "live is 0 or more", -ERANGE);
    return endpoint->next_live != endpoint->live;
}

static void resolved(umbel_port *port, uint64_t token, const umbel_address *addresses, uint32_t stride, int32_t count)
{
    char text[100], printed[INET6_ADDRSTRLEN] = "-";

    if (count > 0) {
        const umbel_address *last = ELEMENT(const umbel_address, addresses, stride, count - 1);
        inet_ntop((int)last->family, last->bytes, printed, sizeof printed);
    }
    sprintf(text, "token=%u resolved=%d last=%s", (unsigned)token, (int)count, printed);
    host->log(endpoint_of(port)->host_port, UMBEL_LOG_INFO, text);
}

static void close_port(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    close(endpoint->socket);
    if (endpoint->event >= 0)
        close(endpoint->event);
    free(endpoint);
}

/* ---- Forwarding thread ----------------------------------------------------------------------------------------- */

static int32_t start(umbel_port *port)
{
    static const uint64_t one = 1;

    host->log(endpoint_of(port)->host_port, UMBEL_LOG_NOTICE, endpoint_of(port)->values);
    return write(endpoint_of(port)->event, &one, sizeof one) < 0 ? -errno : 0;
}

static void commit(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);
    char text[40];

    endpoint->live = endpoint->next_live;
    sprintf(text, "live=%ld", (long)endpoint->live);
    host->log(endpoint->host_port, UMBEL_LOG_INFO, text);
    report_up(endpoint, text);
}

static void stop(umbel_port *port)
{
    host->log(endpoint_of(port)->host_port, UMBEL_LOG_DEBUG, "stop");
}

static int32_t descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    umbel_descriptor all[2];
    uint32_t i;

    memset(all, 0, sizeof all);
    all[0].descriptor = endpoint->socket;
    all[0].token = 0x1111111111111111u;
    all[0].kind = UMBEL_DESCRIPTOR_DATA;
    all[1].descriptor = endpoint->event;
    all[1].token = 0x2222222222222222u;
    all[1].kind = UMBEL_DESCRIPTOR_HOUSEKEEPING;
    all[0].events = all[1].events = EPOLLIN;
    for (i = 0; i < 2 && i < capacity; i++)
        put(array, stride, i, &all[i], sizeof all[i]);
    return 2;
}

static void runt(umbel_endpoint *endpoint, const unsigned char *bytes, ssize_t length)
{
    static const umbel_remote peer = { 1, 1 };

    endpoint->runts++;
    if (length == 4 && memcmp(bytes, "gone", 4) == 0)
        host->remote_gone(endpoint->host_port, peer);
    if (length == 4 && memcmp(bytes, "late", 4) == 0)
        host->descriptors_changed(endpoint->host_port);
}

static int32_t end_of_client(umbel_endpoint *endpoint)
{
    umbel_state state;

    memset(&state, 0, sizeof state);
    state.size = sizeof state;
    state.state = UMBEL_STATE_CLOSING;
    state.text = "the client has gone";
    host->state_changed(endpoint->host_port, &state);
    return 0;
}

static int32_t receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more)
{
    uint32_t count = 0, limit = capacity < BATCH ? capacity : BATCH;
    umbel_frame frame;

    *more = 0;
    if (token != 0x1111111111111111u)
        return -EINVAL;
    memset(&frame, 0, sizeof frame);
    frame.port = endpoint->number;
    frame.remote.index = frame.remote.generation = endpoint->is_client ? 0 : 1;
    while (count < limit) {
        umbel_piece *pieces = endpoint->pieces[count];
        unsigned char *bytes = endpoint->bytes[count];
        ssize_t length = recv(endpoint->socket, bytes, sizeof endpoint->bytes[0], 0);

        if (length == 0 && endpoint->is_client)
            return end_of_client(endpoint);
        if (length < 0 && errno != ECONNREFUSED)
            return (int32_t)count;
        if (length < 14 || length > (ssize_t)UMBEL_LARGEST_SEGMENT) {
            runt(endpoint, bytes, length);
            continue;
        }
        pieces[0].data = bytes;
        pieces[0].length = length > (ssize_t)HEAD ? HEAD : (size_t)length;
        pieces[1].data = bytes + pieces[0].length;
        pieces[1].length = (size_t)length - pieces[0].length;
        frame.pieces = pieces;
        frame.piece_count = pieces[1].length > 0 ? 2 : 1;
        frame.length = (uint32_t)length;
        put(frames, stride, count++, &frame, sizeof frame);
    }
    *more = 1;
    return (int32_t)count;
}

static int32_t send_frames(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    umbel_endpoint *endpoint = endpoint_of(port);
    uint32_t i, j;

    for (i = 0; i < count; i++) {
        const umbel_frame *frame = ELEMENT(const umbel_frame, frames, stride, i);
        struct iovec vectors[MOST_PIECES];
        struct msghdr message;

        if (frame->piece_count > MOST_PIECES || frame->offload.flags != 0 || frame->offload.gso_type != UMBEL_GSO_NONE)
            return i > 0 ? (int32_t)i : -EINVAL;
        for (j = 0; j < frame->piece_count; j++) {
            vectors[j].iov_base = (void *)frame->pieces[j].data;
            vectors[j].iov_len = frame->pieces[j].length;
        }
        memset(&message, 0, sizeof message);
        message.msg_iov = vectors;
        message.msg_iovlen = frame->piece_count;
        if (sendmsg(endpoint->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return i > 0 ? (int32_t)i : -errno;
        endpoint->to_remote += frame->remote.index == 1 && frame->remote.generation == 1;
    }
    return (int32_t)count;
}

static void ready(umbel_endpoint *endpoint, uint64_t token, uint32_t events)
{
    uint64_t value;

    if (token == 0x2222222222222222u && (events & EPOLLIN) != 0 && read(endpoint->event, &value, sizeof value) > 0)
        endpoint->readies++;
}

static uint64_t deadline(umbel_endpoint *endpoint)
{
    return endpoint->next_tick;
}

static void tick(umbel_endpoint *endpoint, uint64_t time)
{
    endpoint->next_tick = time + TICK_NANOSECONDS;
    endpoint->ticks++;
}

static int32_t statistics(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity)
{
    static const char *const names[4] = { "ticks", "readies", "runts", "to-remote" };
    const umbel_endpoint *endpoint = endpoint_of(port);
    uint32_t i;

    for (i = 0; i < 4 && i < capacity; i++) {
        umbel_counter counter;
        counter.name = names[i];
        counter.value = i == 0 ? endpoint->ticks : i == 1 ? endpoint->readies : i == 2 ? endpoint->runts
                                                                                     : endpoint->to_remote;
        put(counters, stride, i, &counter, sizeof counter);
    }
    return 4;
}

/* ---- The exported symbol --------------------------------------------------------------------------------------- */

static umbel_transport table;

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host_table)
{
    if (host_table->abi_level != UMBEL_ABI_LEVEL)
        return NULL;
    host = host_table;
    table.size = sizeof table;
    table.abi_level = UMBEL_ABI_LEVEL;
    table.name = "frozen1";
    table.summary = "the frozen transport of ABI level 1";
    table.options = options;
    table.option_count = OPTION_COUNT;
    table.option_stride = sizeof options[0];
    table.doors = doors;
    table.door_count = 1;
    table.door_stride = sizeof doors[0];
    table.roles = UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK;
    table.default_role = UMBEL_ROLE_TRUNK;
    table.check = check;
    table.accept = accept_client;
    table.abandon = abandon;
    table.open = open_port;
    table.prepare = prepare;
    table.close = close_port;
    table.resolved = resolved;
    table.start = start;
    table.commit = commit;
    table.stop = stop;
    table.descriptors = descriptors;
    table.receive = receive;
    table.send = send_frames;
    table.ready = ready;
    table.deadline = deadline;
    table.tick = tick;
    table.statistics = statistics;
    return &table;
}
