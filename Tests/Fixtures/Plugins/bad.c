/*
 * bad.c - a transport that breaks one rule of umbel_transport.h, chosen by its option "fault". For the host's tests.
 *
 * Apart from its fault it is a working cable between two UDP ports of loopback, like minimal.c: a test drives it with
 * datagrams to "port" and reads what it sends at "peer-port". Faults of receive begin with the first datagram, faults of
 * send with the first frame, the others by themselves. "amount" turns some of them up; 0 is what is written below.
 * The faults called late-* act in stop, in close and, with the handle of the closed port, in every receive of any port
 * of this transport that is opened afterwards (with "none", for example).
 */
#define _POSIX_C_SOURCE 200809L

#include "umbel_transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 32u
#define MANY_PIECES 1000u
#define LONG_TEXT 10000u
#define HUGE_FRAME 70000u

#define FAULTS(X) \
    X(NONE, "none") \
    X(CHECK_SILENT, "check-silent")                         /* check refuses and says nothing */ \
    X(OPEN_SILENT, "open-silent")                           /* open fails and says nothing */ \
    X(OPEN_UNTERMINATED, "open-unterminated")               /* ... with 240 bytes of text and no NUL */ \
    X(OPEN_UNKNOWN_OPTION, "open-unknown-option")           /* ... and blames option 99 */ \
    X(OPEN_POSITIVE, "open-positive")                       /* open returns 5 and makes nothing */ \
    X(OPEN_NOTHING, "open-nothing")                         /* open returns 0 and makes nothing */ \
    X(START_FAILS, "start-fails")                           /* start returns -EIO */ \
    X(PREPARE_FOR_EVER, "prepare-for-ever")                 /* the port waits; prepare always returns 1, to no effect */ \
    X(PREPARE_SILENT, "prepare-silent")                     /* the port waits; prepare fails and says nothing */ \
    X(STATE_INVALID, "state-invalid")                       /* state 99 */ \
    X(STATE_NULL, "state-null")                             /* state_changed(port, NULL) */ \
    X(STATE_SMALL, "state-small")                           /* a state of 4 bytes */ \
    X(STATE_LONG_TEXT, "state-long-text")                   /* 10,000 bytes */ \
    X(STATE_NOT_UTF8, "state-not-utf8") \
    X(STATE_LIMITS_SMALL, "state-limits-small")             /* takes frames of 1 byte */ \
    X(STATE_LIMITS_LARGE, "state-limits-large")             /* takes 4 GiB, as many pieces, every offload bit */ \
    X(STATE_STORM, "state-storm")                           /* a new state in each receive and tick, always due */ \
    X(LOG_STORM, "log-storm")                               /* a line in each receive and tick, always due */ \
    X(LOG_NULL, "log-null")                                 /* log(port, 99, NULL) */ \
    X(LOG_LONG_TEXT, "log-long-text")                       /* 10,000 bytes */ \
    X(DESCRIPTORS_CLOSED, "descriptors-closed")             /* a number that is not open */ \
    X(DESCRIPTORS_NEGATIVE, "descriptors-negative")         /* -1 */ \
    X(DESCRIPTORS_FILE, "descriptors-file")                 /* /dev/zero, which epoll refuses */ \
    X(DESCRIPTORS_TWICE, "descriptors-twice")               /* the same one under two tokens */ \
    X(DESCRIPTORS_MANY, "descriptors-many")                 /* returns 1,000, fills one */ \
    X(DESCRIPTORS_ERROR, "descriptors-error")               /* returns -EIO */ \
    X(DESCRIPTORS_BAD_KIND, "descriptors-bad-kind")         /* kind 77 */ \
    X(DESCRIPTORS_BAD_EVENTS, "descriptors-bad-events")     /* all bits: edge-triggered, one-shot, exclusive */ \
    X(DESCRIPTORS_CHANGED, "descriptors-changed")           /* descriptors_changed in each descriptors */ \
    X(DEADLINE_PAST, "deadline-past")                       /* always 1 ns after boot */ \
    X(RECEIVE_TOO_MANY, "receive-too-many")                 /* returns capacity + 1 */ \
    X(RECEIVE_MORE_EMPTY, "receive-more-empty")             /* "more" and no frames, for ever */ \
    X(RECEIVE_MORE_FRAMES, "receive-more-frames")           /* "more" and the first frame again, for ever */ \
    X(RECEIVE_NEVER_DRAINS, "receive-never-drains")         /* leaves the descriptor readable */ \
    X(RECEIVE_ERROR, "receive-error")                       /* -EIO for ever */ \
    X(RECEIVE_LARGE_ERROR, "receive-large-error")           /* INT32_MIN */ \
    X(RECEIVE_FOREIGN_PORT, "receive-foreign-port")         /* number + 1,000 */ \
    X(RECEIVE_NO_PIECES, "receive-no-pieces") \
    X(RECEIVE_NULL_PIECES, "receive-null-pieces")           /* one piece, at NULL */ \
    X(RECEIVE_NULL_DATA, "receive-null-data")               /* a piece whose data is NULL */ \
    X(RECEIVE_LENGTH_LONG, "receive-length-long")           /* length is one more than the pieces have */ \
    X(RECEIVE_LENGTH_SHORT, "receive-length-short")         /* ... one less */ \
    X(RECEIVE_PIECE_OVERFLOW, "receive-piece-overflow")     /* two pieces whose sum wraps to the length */ \
    X(RECEIVE_SHORT_FIRST, "receive-short-first")           /* a first piece of one byte */ \
    X(RECEIVE_MANY_PIECES, "receive-many-pieces")           /* 64 bytes and 999 pieces of one */ \
    X(RECEIVE_EMPTY, "receive-empty")                       /* a frame of no bytes, in one piece */ \
    X(RECEIVE_RUNT, "receive-runt")                         /* 5 bytes */ \
    X(RECEIVE_HUGE, "receive-huge")                         /* 70,000 bytes */ \
    X(RECEIVE_BAD_GSO, "receive-bad-gso")                   /* type 77 */ \
    X(RECEIVE_GSO_ZERO, "receive-gso-zero")                 /* TCPv4 with segments of 0 bytes */ \
    X(RECEIVE_BAD_CHECKSUM, "receive-bad-checksum")         /* the checksum lies behind the frame */ \
    X(RECEIVE_WILD_REMOTE, "receive-wild-remote")           /* index 0xffffffff */ \
    X(SEND_TOO_MANY, "send-too-many")                       /* returns count + 1 */ \
    X(SEND_NOTHING, "send-nothing")                         /* 0 for ever */ \
    X(SEND_AGAIN, "send-again")                             /* -EAGAIN for ever */ \
    X(SEND_ERROR, "send-error")                             /* -EIO for ever */ \
    X(SEND_LARGE_ERROR, "send-large-error")                 /* INT32_MIN */ \
    X(STATISTICS_MANY, "statistics-many")                   /* returns 10,000, fills one */ \
    X(STATISTICS_NULL_NAME, "statistics-null-name") \
    X(STATISTICS_ERROR, "statistics-error")                 /* -EIO */ \
    X(BOGUS_REMOTES, "bogus-remotes")                       /* remote_gone of remotes that never were, in each receive */ \
    X(BOGUS_HANDLES, "bogus-handles")                       /* calls with handles that the host never gave */ \
    X(LATE_REMOTE_GONE, "late-remote-gone") \
    X(LATE_STATE_CHANGED, "late-state-changed") \
    X(LATE_DESCRIPTORS_CHANGED, "late-descriptors-changed") \
    X(LATE_LOG, "late-log")

#define IDENTIFIER(identifier, name) identifier,
#define NAME(identifier, name) name,
enum { FAULTS(IDENTIFIER) FAULT_COUNT };
static const char *const fault_names[FAULT_COUNT + 1] = { FAULTS(NAME) NULL };

enum { PORT, PEER_PORT, FAULT, AMOUNT, OPTION_COUNT };
static const umbel_option options[OPTION_COUNT] = {
    { "port", "UDP port of this end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED },
    { "peer-port", "UDP port of the other end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED },
    { "fault", "the rule to break", "none", fault_names, 0, 0, UMBEL_OPTION_CHOICE, UMBEL_OPTION_LIVE },
    { "amount", "how much of it", "0", NULL, 0, 1000000, UMBEL_OPTION_INTEGER, UMBEL_OPTION_LIVE }
};

struct umbel_endpoint {
    umbel_host_port *host_port;
    int socket, other;                  /* other: the descriptor that is at fault; -1: none */
    uint32_t number, fault, amount;
    uint32_t next_fault, next_amount;   /* what commit takes over */
    uint32_t first_length;              /* bytes of the first frame; 0: none yet */
    uint32_t turn;
    umbel_piece pieces[BATCH], many[MANY_PIECES];
    unsigned char bytes[BATCH][UMBEL_LARGEST_SEGMENT + 1];
};
#define endpoint_of(port) ((umbel_endpoint *)(void *)(port))        /* one port an endpoint: the same thing */

/* The ports that are closed and go on speaking. */
static struct { umbel_host_port *host_port; uint32_t fault; } ghosts[64];
static uint32_t ghost_count;

static const umbel_host *host;
static char long_text[LONG_TEXT + 1];
static unsigned char huge_frame[HUGE_FRAME];

#define ELEMENT(type, array, stride, index) ((type *)(void *)((char *)(array) + (size_t)(index) * (stride)))

/* ---- Calls of the host ----------------------------------------------------------------------------------------- */

static void report(umbel_host_port *host_port, uint32_t state, const char *text)
{
    umbel_state news = { sizeof news, 0, 0, 0, 0, 0, NULL };

    news.state = state;
    news.text = text;
    host->state_changed(host_port, &news);
}

static void report_badly(const umbel_endpoint *endpoint)
{
    umbel_state news = { sizeof news, UMBEL_STATE_UP, 0, 0, 0, 0, NULL };

    switch (endpoint->fault) {
    case STATE_INVALID: news.state = 99; break;
    case STATE_SMALL: news.size = 4; break;
    case STATE_LONG_TEXT: news.text = long_text; break;
    case STATE_NOT_UTF8: news.text = "\xff\xfe \xc3 \x1b[31m\n"; break;
    case STATE_LIMITS_SMALL: news.largest_frame = 1; break;
    case STATE_LIMITS_LARGE: news.largest_frame = news.most_pieces = news.offloads = 0xffffffffu; break;
    case PREPARE_FOR_EVER: case PREPARE_SILENT: news.state = UMBEL_STATE_WAITING; news.text = "nothing helps"; break;
    case LOG_NULL: host->log(endpoint->host_port, 99, NULL); break;
    case LOG_LONG_TEXT: host->log(endpoint->host_port, UMBEL_LOG_WARNING, long_text); break;
    default: break;
    }
    host->state_changed(endpoint->host_port, endpoint->fault == STATE_NULL ? NULL : &news);
}

static void remotes_gone(umbel_host_port *host_port)
{
    static const umbel_remote bogus[] = { { 0, 0 }, { 0, 7 }, { 1, 1 }, { 65535, 0 }, { 0xffffffffu, 0xffffffffu } };
    size_t i;

    for (i = 0; i < sizeof bogus / sizeof bogus[0]; i++)
        host->remote_gone(host_port, bogus[i]);
}

static void speak_late(umbel_host_port *host_port, uint32_t fault)
{
    switch (fault) {
    case LATE_REMOTE_GONE: remotes_gone(host_port); break;
    case LATE_STATE_CHANGED: report(host_port, UMBEL_STATE_UP, "still here"); break;
    case LATE_DESCRIPTORS_CHANGED: host->descriptors_changed(host_port); break;
    case LATE_LOG: host->log(host_port, UMBEL_LOG_WARNING, "still here"); break;
    default: break;
    }
}

/* The receive and tick of every port ask for this. */
static void chatter(umbel_endpoint *endpoint)
{
    static const size_t handles[] = { 0, 1, 0x7fffffffu, ~(size_t)0 };
    size_t i;

    for (i = 0; i < ghost_count; i++)
        speak_late(ghosts[i].host_port, ghosts[i].fault);
    endpoint->turn++;
    if (endpoint->fault == STATE_STORM)
        report(endpoint->host_port, endpoint->turn % 2 ? UMBEL_STATE_WAITING : UMBEL_STATE_UP, "to and fro");
    if (endpoint->fault == LOG_STORM)
        host->log(endpoint->host_port, UMBEL_LOG_WARNING, "again and again");
    if (endpoint->fault == BOGUS_REMOTES)
        remotes_gone(endpoint->host_port);
    for (i = 0; endpoint->fault == BOGUS_HANDLES && i < sizeof handles / sizeof handles[0]; i++) {
        umbel_host_port *bogus = (umbel_host_port *)handles[i];
        remotes_gone(bogus);
        report(bogus, UMBEL_STATE_FAILED, "nobody");
        host->descriptors_changed(bogus);
        host->log(bogus, UMBEL_LOG_WARNING, "nobody");
    }
}

/* ---- Control thread -------------------------------------------------------------------------------------------- */

static uint32_t number_of(const umbel_open *configuration, uint32_t option)
{
    uint32_t i;

    for (i = 0; i < configuration->value_count; i++) {
        const umbel_value *value = ELEMENT(const umbel_value, configuration->values, configuration->value_stride, i);
        if (value->option == option)
            return (uint32_t)value->integer;
    }
    return 0;
}

static int32_t check(const umbel_open *configuration, umbel_problem *problem)
{
    (void)problem;
    return number_of(configuration, FAULT) == CHECK_SILENT ? -EINVAL : 0;
}

static int loopback_socket(const umbel_open *configuration)
{
    struct sockaddr_in here = { 0 }, there;
    int made = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there = here;
    here.sin_port = htons((uint16_t)number_of(configuration, PORT));
    there.sin_port = htons((uint16_t)number_of(configuration, PEER_PORT));
    if (made >= 0 && bind(made, (struct sockaddr *)&here, sizeof here) == 0
        && connect(made, (struct sockaddr *)&there, sizeof there) == 0)
        return made;
    if (made >= 0)
        close(made);
    return -1;
}

/* A number that is no descriptor: high, so that nobody gets it again soon. */
static int closed_descriptor(void)
{
    int number = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 900);

    if (number >= 0)
        close(number);
    return number;
}

static int32_t open_badly(uint32_t fault, umbel_problem *problem)
{
    switch (fault) {
    case OPEN_UNTERMINATED: memset(problem->text, 'x', sizeof problem->text); return -EIO;
    case OPEN_UNKNOWN_OPTION: problem->option = 99; strcpy(problem->text, "wrong"); return -EIO;
    case OPEN_SILENT: return -EIO;
    case OPEN_POSITIVE: return 5;
    default: return 0;                  /* OPEN_NOTHING */
    }
}

static int32_t open_port(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **port,
                         umbel_endpoint **endpoint, umbel_problem *problem)
{
    uint32_t fault = number_of(configuration, FAULT);
    umbel_endpoint *made;

    if (fault >= OPEN_SILENT && fault <= OPEN_NOTHING)
        return open_badly(fault, problem);
    made = calloc(1, sizeof *made);
    if (made == NULL)
        return -ENOMEM;
    made->socket = loopback_socket(configuration);
    if (made->socket < 0) {
        free(made);
        strcpy(problem->text, "cannot bind the UDP port: name a free one");
        return -EADDRINUSE;
    }
    made->host_port = host_port;
    made->number = configuration->number;
    made->fault = made->next_fault = fault;
    made->amount = made->next_amount = number_of(configuration, AMOUNT);
    made->other = -1;
    if (fault == DESCRIPTORS_FILE)
        made->other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    *endpoint = made;
    *port = (umbel_port *)(void *)made;
    report_badly(made);
    return 0;
}

static int32_t prepare(umbel_port *port, uint32_t reason, const umbel_open *configuration, umbel_problem *problem)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    (void)problem;
    if (endpoint->fault == PREPARE_SILENT)
        return -EIO;
    if (reason == UMBEL_PREPARE_CONFIGURATION) {
        endpoint->next_fault = number_of(configuration, FAULT);
        endpoint->next_amount = number_of(configuration, AMOUNT);
        return 1;
    }
    return endpoint->fault == PREPARE_FOR_EVER;
}

static void close_port(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    speak_late(endpoint->host_port, endpoint->fault);
    if (endpoint->fault >= LATE_REMOTE_GONE && ghost_count < sizeof ghosts / sizeof ghosts[0]) {
        ghosts[ghost_count].host_port = endpoint->host_port;
        ghosts[ghost_count++].fault = endpoint->fault;
    }
    close(endpoint->socket);
    if (endpoint->other >= 0)
        close(endpoint->other);
    free(endpoint);
}

/* ---- Forwarding thread ----------------------------------------------------------------------------------------- */

static int32_t start(umbel_port *port)
{
    return endpoint_of(port)->fault == START_FAILS ? -EIO : 0;
}

static void commit(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    endpoint->fault = endpoint->next_fault;
    endpoint->amount = endpoint->next_amount;
    report_badly(endpoint);
    host->descriptors_changed(endpoint->host_port);
}

static void stop(umbel_port *port)
{
    speak_late(endpoint_of(port)->host_port, endpoint_of(port)->fault);
}

static int32_t descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    umbel_descriptor all[2] = { { 0, EPOLLIN, 1, UMBEL_DESCRIPTOR_DATA, 0 }, { 0, EPOLLIN, 2, UMBEL_DESCRIPTOR_DATA, 0 } };
    uint32_t i, count = 2;

    all[0].descriptor = all[1].descriptor = endpoint->socket;
    switch (endpoint->fault) {
    case DESCRIPTORS_CLOSED: all[1].descriptor = closed_descriptor(); break;
    case DESCRIPTORS_NEGATIVE: all[1].descriptor = -1; break;
    case DESCRIPTORS_FILE: all[1].descriptor = endpoint->other; break;
    case DESCRIPTORS_TWICE: break;
    case DESCRIPTORS_BAD_KIND: all[0].kind = 77; count = 1; break;
    case DESCRIPTORS_BAD_EVENTS: all[0].events = 0xffffffffu; count = 1; break;
    case DESCRIPTORS_CHANGED: host->descriptors_changed(endpoint->host_port); count = 1; break;
    default: count = 1; break;
    }
    for (i = 0; i < count && i < capacity; i++)
        *ELEMENT(umbel_descriptor, array, stride, i) = all[i];
    if (endpoint->fault == DESCRIPTORS_ERROR)
        return -EIO;
    return endpoint->fault == DESCRIPTORS_MANY ? (int32_t)(endpoint->amount ? endpoint->amount : 1000) : (int32_t)count;
}

/* Turns a good frame into the one that the fault wants. */
static void spoil(umbel_endpoint *endpoint, umbel_frame *frame, umbel_piece *piece)
{
    unsigned char *bytes = (unsigned char *)piece->data;
    uint32_t i;

    switch (endpoint->fault) {
    case RECEIVE_FOREIGN_PORT: frame->port += endpoint->amount ? endpoint->amount : 1000; break;
    case RECEIVE_NO_PIECES: frame->piece_count = 0; break;
    case RECEIVE_NULL_PIECES: frame->pieces = NULL; break;
    case RECEIVE_NULL_DATA: piece->data = NULL; break;
    case RECEIVE_LENGTH_LONG: frame->length += endpoint->amount ? endpoint->amount : 1; break;
    case RECEIVE_LENGTH_SHORT: frame->length -= endpoint->amount ? endpoint->amount : 1; break;
    case RECEIVE_EMPTY: piece->length = frame->length = 0; break;
    case RECEIVE_RUNT: piece->length = frame->length = 5; break;
    case RECEIVE_HUGE: piece->data = huge_frame; piece->length = frame->length = HUGE_FRAME; break;
    case RECEIVE_BAD_GSO: frame->offload.gso_type = 77; frame->offload.gso_size = 100; break;
    case RECEIVE_GSO_ZERO: frame->offload.gso_type = UMBEL_GSO_TCPV4; break;
    case RECEIVE_WILD_REMOTE: frame->remote.index = frame->remote.generation = 0xffffffffu; break;
    case RECEIVE_BAD_CHECKSUM:
        frame->offload.flags = UMBEL_OFFLOAD_NEEDS_CHECKSUM;
        frame->offload.checksum_start = frame->offload.checksum_offset = 0xffff;
        break;
    case RECEIVE_PIECE_OVERFLOW:
        endpoint->many[0] = *piece;
        endpoint->many[1].data = bytes;
        endpoint->many[1].length = (size_t)0 - (piece->length - 20);        /* the sum wraps round to 20 */
        frame->pieces = endpoint->many;
        frame->piece_count = 2;
        frame->length = 20;
        break;
    case RECEIVE_SHORT_FIRST: case RECEIVE_MANY_PIECES:
        frame->pieces = endpoint->many;
        frame->piece_count = endpoint->fault == RECEIVE_SHORT_FIRST ? 2 : MANY_PIECES;
        endpoint->many[0].data = bytes;
        endpoint->many[0].length = endpoint->fault == RECEIVE_SHORT_FIRST ? 1 : 64;
        for (i = 1; i < frame->piece_count; i++) {
            endpoint->many[i].data = bytes + endpoint->many[0].length + i - 1;
            endpoint->many[i].length = 1;
        }
        if (endpoint->fault == RECEIVE_SHORT_FIRST)
            endpoint->many[1].length = frame->length - 1;
        else
            frame->length = 64 + MANY_PIECES - 1;
        break;
    default: break;
    }
}

static int32_t receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more)
{
    uint32_t count = 0, most = capacity < BATCH ? capacity : BATCH;
    ssize_t length;

    (void)token;
    *more = 0;
    chatter(endpoint);
    if (endpoint->fault == RECEIVE_NEVER_DRAINS)
        return 0;
    while (count < most) {
        umbel_frame *frame = ELEMENT(umbel_frame, frames, stride, count);
        umbel_piece *piece = &endpoint->pieces[count];

        length = recv(endpoint->socket, endpoint->bytes[count], sizeof endpoint->bytes[0], 0);
        if (length < 0 && endpoint->fault == RECEIVE_MORE_FRAMES && endpoint->first_length > 0) {
            memcpy(endpoint->bytes[count], endpoint->bytes[0], endpoint->first_length);
            length = (ssize_t)endpoint->first_length;
        }
        if (length < 0)
            break;
        if (length < 14 || length > (ssize_t)UMBEL_LARGEST_SEGMENT)
            continue;
        endpoint->first_length = count == 0 ? (uint32_t)length : endpoint->first_length;
        memset(frame, 0, sizeof *frame);
        piece->data = endpoint->bytes[count];
        piece->length = (size_t)length;
        frame->pieces = piece;
        frame->piece_count = 1;
        frame->length = (uint32_t)length;
        frame->port = endpoint->number;
        spoil(endpoint, frame, piece);
        count++;
    }
    switch (endpoint->fault) {
    case RECEIVE_TOO_MANY: return (int32_t)(capacity + (endpoint->amount ? endpoint->amount : 1));
    case RECEIVE_MORE_EMPTY: *more = 1; return 0;
    case RECEIVE_MORE_FRAMES: *more = 1; break;
    case RECEIVE_ERROR: return -EIO;
    case RECEIVE_LARGE_ERROR: return INT32_MIN;
    default: *more = count == most; break;
    }
    return (int32_t)count;
}

static int32_t send_frames(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    umbel_endpoint *endpoint = endpoint_of(port);
    uint32_t i;

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

static uint64_t deadline(umbel_endpoint *endpoint)
{
    int storm = endpoint->fault == STATE_STORM || endpoint->fault == LOG_STORM || endpoint->fault == DEADLINE_PAST;

    return storm ? 1 : UINT64_MAX;
}

static void tick(umbel_endpoint *endpoint, uint64_t now)
{
    (void)now;
    chatter(endpoint);
}

static int32_t statistics(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    if (capacity > 0) {
        umbel_counter *counter = ELEMENT(umbel_counter, counters, stride, 0);
        counter->name = endpoint->fault == STATISTICS_NULL_NAME ? NULL : "turn";
        counter->value = endpoint->turn;
    }
    if (endpoint->fault == STATISTICS_ERROR)
        return -EIO;
    return endpoint->fault == STATISTICS_MANY ? 10000 : 1;
}

/* ---- The exported symbol --------------------------------------------------------------------------------------- */

static umbel_transport table;

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host_table)
{
    host = host_table;
    memset(long_text, 'x', LONG_TEXT);
    table.size = sizeof table;
    table.abi_level = UMBEL_ABI_LEVEL;
    table.name = "bad";
    table.summary = "breaks one rule of the plugin ABI";
    table.options = options;
    table.option_count = OPTION_COUNT;
    table.option_stride = sizeof options[0];
    table.roles = UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK;
    table.default_role = UMBEL_ROLE_GUEST;
    table.check = check;
    table.open = open_port;
    table.prepare = prepare;
    table.close = close_port;
    table.start = start;
    table.commit = commit;
    table.stop = stop;
    table.descriptors = descriptors;
    table.receive = receive;
    table.send = send_frames;
    table.deadline = deadline;
    table.tick = tick;
    table.statistics = statistics;
    return &table;
}
