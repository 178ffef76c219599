/*
 * refused.c - transports that the host refuses to load, one for each REFUSE_* with which this is compiled. Without one
 * it is a table that loads. REFUSED_NAME is the name in the table. See the script "build" for the files.
 */
#include "umbel_transport.h"

#include <errno.h>
#include <stddef.h>

static int32_t open_port(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **port,
                         umbel_endpoint **endpoint, umbel_problem *problem)
{
    (void)host_port, (void)configuration, (void)port, (void)endpoint, (void)problem;
    return -ENOSYS;
}

static void close_port(umbel_port *port)
{
    (void)port;
}

static int32_t descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity)
{
    (void)endpoint, (void)array, (void)stride, (void)capacity;
    return 0;
}

static int32_t receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more)
{
    (void)endpoint, (void)token, (void)frames, (void)stride, (void)capacity, (void)more;
    return 0;
}

static int32_t send_frames(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count)
{
    (void)port, (void)frames, (void)stride;
    return (int32_t)count;
}

#ifdef REFUSE_UNRESOLVED
extern void umbel_symbol_that_nobody_defines(void);
#endif

static umbel_option options[] = {
    { "port", "UDP port", "1102", NULL, 1, 65535, UMBEL_OPTION_INTEGER, 0 },
    { "mode", "a word", NULL, NULL, 0, 0, UMBEL_OPTION_STRING, 0 }
};

static umbel_door doors[] = { { "side", "side", "a way in", 5, 0 } };

static umbel_transport table;

#ifdef REFUSE_NO_SYMBOL
__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry_of_old(const umbel_host *host);
#define umbel_transport_entry umbel_transport_entry_of_old
#endif

__attribute__((visibility("default"))) const umbel_transport *umbel_transport_entry(const umbel_host *host)
{
    (void)host;
    table.size = sizeof table;
    table.abi_level = UMBEL_ABI_LEVEL;
    table.name = REFUSED_NAME;
    table.summary = "never loads";
    table.options = options;
    table.option_count = 2;
    table.option_stride = sizeof options[0];
    table.doors = doors;
    table.door_count = 1;
    table.door_stride = sizeof doors[0];
    table.roles = UMBEL_ROLES_GUEST | UMBEL_ROLES_TRUNK;
    table.default_role = UMBEL_ROLE_GUEST;
    table.open = open_port;
    table.close = close_port;
    table.descriptors = descriptors;
    table.receive = receive;
    table.send = send_frames;
#if defined REFUSE_ABI
    table.abi_level = 99;
#elif defined REFUSE_NULL
    return NULL;
#elif defined REFUSE_SIZE
    table.size = 8;
#elif defined REFUSE_NO_OPEN
    table.open = NULL;
#elif defined REFUSE_NO_CLOSE
    table.close = NULL;
#elif defined REFUSE_NO_DESCRIPTORS
    table.descriptors = NULL;
#elif defined REFUSE_NO_RECEIVE
    table.receive = NULL;
#elif defined REFUSE_NO_SEND
    table.send = NULL;
#elif defined REFUSE_NAME
    table.name = "another";
#elif defined REFUSE_NULL_NAME
    table.name = NULL;
#elif defined REFUSE_ROLES
    table.roles = 0;
#elif defined REFUSE_DEFAULT_ROLE
    table.roles = UMBEL_ROLES_TRUNK;
#elif defined REFUSE_DEFAULT
    options[0].default_text = "eleven hundred";
#elif defined REFUSE_DEFAULT_RANGE
    options[0].default_text = "65536";
#elif defined REFUSE_OPTION_NAME
    options[1].name = "Mode!";
#elif defined REFUSE_OPTION_RESERVED
    options[1].name = "transport";
#elif defined REFUSE_OPTION_TWICE
    options[1].name = "port";
#elif defined REFUSE_OPTION_TYPE
    options[1].type = 99;
#elif defined REFUSE_OPTION_CHOICES
    options[1].type = UMBEL_OPTION_CHOICE;
#elif defined REFUSE_OPTION_STRIDE
    table.option_stride = 4;
#elif defined REFUSE_OPTIONS_NULL
    table.options = NULL;
#elif defined REFUSE_DOOR_PATH
    doors[0].path = "../side";
#elif defined REFUSE_DOOR_TYPE
    doors[0].socket_type = 99;
#elif defined REFUSE_UNRESOLVED
    umbel_symbol_that_nobody_defines();
#endif
    return &table;
}
