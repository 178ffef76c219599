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

#include "bad.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAME(identifier, name) name,
static const char *const fault_names[FAULT_COUNT + 1] = { FAULTS(NAME) NULL };

enum { PORT, PEER_PORT, FAULT, AMOUNT, OPTION_COUNT };
static const umbel_option options[OPTION_COUNT] = {
    { "port", "UDP port of this end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED },
    { "peer-port", "UDP port of the other end", NULL, NULL, 1, 65535, UMBEL_OPTION_INTEGER, UMBEL_OPTION_REQUIRED },
    { "fault", "the rule to break", "none", fault_names, 0, 0, UMBEL_OPTION_CHOICE, UMBEL_OPTION_LIVE },
    { "amount", "how much of it", "0", NULL, 0, 1000000, UMBEL_OPTION_INTEGER, UMBEL_OPTION_LIVE }
};

/* The ports that are closed and go on speaking. */
static struct { umbel_host_port *host_port; uint32_t fault; } ghosts[64];
static uint32_t ghost_count;

const umbel_host *bad_host;
char bad_long_text[LONG_TEXT + 1];

/* ---- Calls of the host ----------------------------------------------------------------------------------------- */

static void report(umbel_host_port *host_port, uint32_t state, const char *text)
{
    umbel_state news = { sizeof news, 0, 0, 0, 0, 0, NULL, 0, 0 };

    news.state = state;
    news.text = text;
    bad_host->state_changed(host_port, &news);
}

static void tell(const umbel_endpoint *endpoint)
{
    umbel_condition condition = { sizeof condition, UMBEL_CONDITION_FOREIGN_SENDER, UMBEL_LOG_WARNING, EPERM,
                                  "it should not send", "192.0.2.9" };

    switch (endpoint->fault) {
    case CONDITION_NULL: bad_host->condition(endpoint->host_port, NULL); condition.text = NULL; break;
    case CONDITION_SMALL: condition.size = 4; break;
    case CONDITION_UNKNOWN:
        condition.kind = condition.priority = 99;
        condition.text = condition.peer = bad_long_text;
        break;
    default: break;
    }
    bad_host->condition(endpoint->host_port, &condition);
}

void bad_report(const umbel_endpoint *endpoint)
{
    umbel_state news = { sizeof news, UMBEL_STATE_UP, 0, 0, 0, 0, NULL, 0, 0 };

    switch (endpoint->fault) {
    case STATE_INVALID: news.state = 99; break;
    case STATE_SMALL: news.size = 4; break;
    case STATE_LONG_TEXT: news.text = bad_long_text; break;
    case STATE_NOT_UTF8: news.text = "\xff\xfe \xc3 \x1b[31m\n"; break;
    case STATE_LIMITS_SMALL: news.largest_frame = 1; break;
    case STATE_LIMITS_LARGE: news.largest_frame = news.most_pieces = news.offloads = 0xffffffffu; break;
    case PREPARE_FOR_EVER: case PREPARE_SILENT: news.state = UMBEL_STATE_WAITING; news.text = "nothing helps"; break;
    case LOG_NULL: bad_host->log(endpoint->host_port, 99, NULL); break;
    case LOG_LONG_TEXT: bad_host->log(endpoint->host_port, UMBEL_LOG_WARNING, bad_long_text); break;
    case CONDITION_NULL: case CONDITION_SMALL: case CONDITION_UNKNOWN: tell(endpoint); break;
    default: break;
    }
    bad_host->state_changed(endpoint->host_port, endpoint->fault == STATE_NULL ? NULL : &news);
}

static void remotes_gone(umbel_host_port *host_port)
{
    static const umbel_remote bogus[] = { { 0, 0 }, { 0, 7 }, { 1, 1 }, { 65535, 0 }, { 0xffffffffu, 0xffffffffu } };
    size_t i;

    for (i = 0; i < sizeof bogus / sizeof bogus[0]; i++)
        bad_host->remote_gone(host_port, bogus[i]);
}

void bad_speak_late(umbel_host_port *host_port, uint32_t fault)
{
    switch (fault) {
    case LATE_REMOTE_GONE: remotes_gone(host_port); break;
    case LATE_STATE_CHANGED: report(host_port, UMBEL_STATE_UP, "still here"); break;
    case LATE_DESCRIPTORS_CHANGED: bad_host->descriptors_changed(host_port); break;
    case LATE_LOG: bad_host->log(host_port, UMBEL_LOG_WARNING, "still here"); break;
    default: break;
    }
}

/* The receive and tick of every port ask for this. */
void bad_chatter(umbel_endpoint *endpoint)
{
    static const size_t handles[] = { 0, 1, 0x7fffffffu, ~(size_t)0 };
    size_t i;

    for (i = 0; i < ghost_count; i++)
        bad_speak_late(ghosts[i].host_port, ghosts[i].fault);
    endpoint->turn++;
    if (endpoint->fault == STATE_STORM)
        report(endpoint->host_port, endpoint->turn % 2 ? UMBEL_STATE_WAITING : UMBEL_STATE_UP, "to and fro");
    if (endpoint->fault == LOG_STORM)
        bad_host->log(endpoint->host_port, UMBEL_LOG_WARNING, "again and again");
    if (endpoint->fault == CONDITION_STORM)
        tell(endpoint);
    if (endpoint->fault == BOGUS_REMOTES)
        remotes_gone(endpoint->host_port);
    for (i = 0; endpoint->fault == BOGUS_HANDLES && i < sizeof handles / sizeof handles[0]; i++) {
        umbel_host_port *bogus = (umbel_host_port *)handles[i];
        remotes_gone(bogus);
        report(bogus, UMBEL_STATE_FAILED, "nobody");
        bad_host->descriptors_changed(bogus);
        bad_host->log(bogus, UMBEL_LOG_WARNING, "nobody");
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

static int hung_up_socket(void)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    close(pair[1]);
    return pair[0];
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
    made->control = pthread_self();
    if (fault == DESCRIPTORS_FILE)
        made->other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    if (fault == DESCRIPTORS_HUNG_UP)
        made->other = hung_up_socket();
    if (fault == DEADLINE_BY_READY)
        made->other = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fault == RESOLVE)
        bad_host->resolve(host_port, "localhost", 77);
    if (fault == FOLLOW)
        bad_host->follow_name(host_port, "localhost", 78);
    *endpoint = made;
    *port = (umbel_port *)(void *)made;
    bad_report(made);
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
    if (reason == UMBEL_PREPARE_NAMES)
        bad_host->log(endpoint->host_port, UMBEL_LOG_INFO, "a name has its answer");
    return endpoint->fault == PREPARE_FOR_EVER;
}

static void resolved(umbel_port *port, uint64_t token, const umbel_address *addresses, uint32_t stride, int32_t count)
{
    umbel_endpoint *endpoint = endpoint_of(port);
    const char *thread = pthread_equal(endpoint->control, pthread_self()) ? "control" : "another";
    char text[100], printed[INET6_ADDRSTRLEN] = "-";

    if (count > 0) {
        const umbel_address *last = ELEMENT(const umbel_address, addresses, stride, count - 1);
        inet_ntop((int)last->family, last->bytes, printed, sizeof printed);
    }
    sprintf(text, "token %u resolved to %s on the %s thread", (unsigned)token, printed, thread);
    bad_host->log(endpoint->host_port, UMBEL_LOG_INFO, text);
}

static int32_t hand_over(umbel_port *port, umbel_heritage *heritage)
{
    const umbel_endpoint *endpoint = endpoint_of(port);
    uint32_t room = heritage->kept_count, length = heritage->state_length;

    heritage->kept->descriptor = endpoint->fault == HAND_OVER_CLOSED ? 1 << 20 : endpoint->socket;
    heritage->kept->kind = 7;
    heritage->kept_count = endpoint->fault == HAND_OVER_MANY ? room + 1 : 1;
    memset(heritage->state, 'x', length);
    heritage->state_length = endpoint->fault == HAND_OVER_LONG ? length + 1 : length;
    return endpoint->fault == HAND_OVER_ERROR ? -EIO : 0;
}

static void close_port(umbel_port *port)
{
    umbel_endpoint *endpoint = endpoint_of(port);

    bad_speak_late(endpoint->host_port, endpoint->fault);
    if (endpoint->fault >= LATE_REMOTE_GONE && ghost_count < sizeof ghosts / sizeof ghosts[0]) {
        ghosts[ghost_count].host_port = endpoint->host_port;
        ghosts[ghost_count++].fault = endpoint->fault;
    }
    close(endpoint->socket);
    if (endpoint->other >= 0)
        close(endpoint->other);
    free(endpoint);
}

/* ---- The exported symbol --------------------------------------------------------------------------------------- */

static umbel_transport table;

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host_table)
{
    bad_host = host_table;
    memset(bad_long_text, 'x', LONG_TEXT);
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
    table.resolved = resolved;
    table.start = bad_start;
    table.commit = bad_commit;
    table.stop = bad_stop;
    table.descriptors = bad_descriptors;
    table.receive = bad_receive;
    table.send = bad_send;
    table.ready = bad_ready;
    table.deadline = bad_deadline;
    table.tick = bad_tick;
    table.statistics = bad_statistics;
    table.hand_over = hand_over;
    return &table;
}
