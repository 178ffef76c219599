/*
 * umbel_transport.h - how a transport plugs into umbeld. ABI level 1.
 *
 * A transport is a shared object named libumbel-<name>.so that exports one symbol, umbel_transport_entry(). The agent
 * (the host) calls it once with the host table and gets the transport table back. Nothing else crosses: no C++ or Swift
 * type, no allocation that the other side must free. The agent never unloads a transport.
 *
 * Theory of operation
 *   A port joins a LAN to a transport. An endpoint owns the descriptors; most endpoints carry one port, some carry many
 *   (one UDP socket for many VXLAN networks). open() makes a port and says which endpoint carries it.
 *   Two threads call a transport: the CONTROL thread opens, prepares and closes, a FORWARDING thread moves frames. Each
 *   function below names its thread. A port's and an endpoint's forwarding calls come from one thread, never at the
 *   same time, and that thread does not change while the endpoint lives. A transport starts no thread of its own.
 *   On a forwarding thread a transport neither allocates, waits, resolves names nor writes a log line for each frame.
 *
 *   The life of a port:
 *     open (control) -> start (forwarding) -> receive, send, ready, tick, commit, statistics (forwarding)
 *     -> stop (forwarding) -> close (control)
 *   start and stop may be absent. After stop the host calls nothing but close; what the transport still reports for that
 *   port is ignored.
 *   A port may outlive its process, when the agent is restarted or killed: hand_over says what is to be kept of it, and
 *   the next process opens it with that (umbel_heritage). Neither stop nor close is called then.
 *
 * Versioning
 *   Every struct that may grow begins with its size in bytes. Fields are only added, at the end. Host and transport use
 *   the smaller of the two sizes. A function pointer that is NULL, or lies beyond the size given, is not supported.
 *   Arrays carry their element stride in bytes: element i is at (char *)array + i * stride, whatever sizeof says.
 *   Fields called zero or reserved are written as 0 and not read.
 *
 * Results
 *   Functions that return int32_t return 0 or a count, or -errno. All numbers are in host byte order unless said
 *   otherwise; frames are as on the wire, without FCS. Text is UTF-8 ended by NUL.
 *
 * Compiles as C90 (with <stdint.h>) and as C++11.
 */
#ifndef UMBEL_TRANSPORT_H
#define UMBEL_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The level of this header. It rises only when something existing changes its meaning; added fields do not raise it. */
#define UMBEL_ABI_LEVEL 1u

/* The exported symbol. */
#define UMBEL_ENTRY_NAME "umbel_transport_entry"

/* The most bytes one segment on a wire may have: a jumbo frame of 9,202 bytes of payload with its Ethernet header.
 * A frame that still carries GSO metadata may be longer; each segment it stands for may not. */
#define UMBEL_LARGEST_SEGMENT 9216u

/* The longest frame with GSO metadata: IPv4's 65,535 bytes, an Ethernet header and two VLAN tags. */
#define UMBEL_LARGEST_FRAME 65557u

/* The most pieces that a received frame may have; one of more is malformed. */
#define UMBEL_MOST_PIECES 64u

/* The most descriptors of an endpoint that the host polls. */
#define UMBEL_MOST_DESCRIPTORS 64u

/* The most flows of the underlay that a port may have. */
#define UMBEL_MOST_FLOWS 64u

/* Opaque to the other side. The host's handle of a port is a number in disguise: it may be used after the port is gone,
 * and is then ignored. */
typedef struct umbel_host_port umbel_host_port;
typedef struct umbel_port umbel_port;
typedef struct umbel_endpoint umbel_endpoint;

/* ---- Frames ---------------------------------------------------------------------------------------------------- */

/* One stretch of a frame's bytes. */
typedef struct umbel_piece {
    const void *data;
    size_t length;                  /* bytes */
} umbel_piece;

/* Who is at the far end of a trunk. index selects a slot of a bounded table of the transport, generation tells this
 * holder of the slot from earlier ones. {0, 0} is everyone: the multicast group, all peers. A transport that cannot
 * tell its peers apart always reports {0, 0}. When the host sends to a remote whose generation has passed, the
 * transport sends to everyone instead. */
typedef struct umbel_remote {
    uint32_t index;
    uint32_t generation;
} umbel_remote;

/* umbel_offload.flags, as VIRTIO_NET_HDR_F_* of <linux/virtio_net.h>. */
#define UMBEL_OFFLOAD_NEEDS_CHECKSUM 1u  /* the checksum at checksum_start + checksum_offset is still partial */
#define UMBEL_OFFLOAD_DATA_VALID 2u      /* the checksum has been verified. Not handed on: whose word is it? */

/* umbel_offload.gso_type, as VIRTIO_NET_HDR_GSO_* of <linux/virtio_net.h>. */
#define UMBEL_GSO_NONE 0u
#define UMBEL_GSO_TCPV4 1u
#define UMBEL_GSO_TCPV6 4u
#define UMBEL_GSO_UDP_L4 5u
#define UMBEL_GSO_ECN 0x80u              /* added to a TCP type */

/* What is left to be done to a frame, with the meaning of struct virtio_net_hdr. All zero: nothing. */
typedef struct umbel_offload {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t header_length;         /* bytes of all headers, Ethernet to TCP or UDP; a hint that may be wrong */
    uint16_t gso_size;              /* bytes of payload in a segment */
    uint16_t checksum_start;        /* bytes from the frame's start to where summing begins */
    uint16_t checksum_offset;       /* bytes from checksum_start to the 16-bit checksum */
    uint16_t zero;
} umbel_offload;

/* umbel_frame.flags. Only a port whose state says UMBEL_TRAIT_WHOLE is asked for this. */
#define UMBEL_FRAME_WHOLE 1u             /* sent in one piece or not at all: no fragment on the way, DF in IPv4 */

/* One Ethernet frame, from destination address to the end of the payload. */
typedef struct umbel_frame {
    const umbel_piece *pieces;
    uint32_t piece_count;
    uint32_t length;                /* bytes, the sum of the pieces */
    uint32_t port;                  /* receive: umbel_open.number of the port it came in by */
    uint32_t zero;
    umbel_remote remote;            /* receive: who sent it; send: to whom */
    umbel_offload offload;
    uint32_t flags;                 /* send: UMBEL_FRAME_*; receive: 0 */
    uint64_t reserved[2];
} umbel_frame;

/* ---- Options --------------------------------------------------------------------------------------------------- */

/* The type of an option, the texts it takes, and what umbel_value holds. */
#define UMBEL_OPTION_STRING 0u     /* any text */
#define UMBEL_OPTION_INTEGER 1u    /* decimal; integer. minimum and maximum apply */
#define UMBEL_OPTION_BOOLEAN 2u    /* true|false|yes|no|on|off; integer 0 or 1 */
#define UMBEL_OPTION_CHOICE 3u     /* one of choices; integer is its index */
#define UMBEL_OPTION_LIST 4u       /* texts; items */
#define UMBEL_OPTION_RANGE 5u      /* "4000-5000" or one number; integer and upper. minimum and maximum apply */
#define UMBEL_OPTION_DURATION 6u   /* a number and ns, us, ms, s, min or h; integer in nanoseconds */
#define UMBEL_OPTION_SIZE 7u       /* a number, alone or with K, M or G (1,024 each); integer in bytes */
#define UMBEL_OPTION_ADDRESS 8u    /* an IPv4 or IPv6 address; text is its canonical form */
#define UMBEL_OPTION_INTERFACE 9u  /* the name of a network interface, 1 to 15 bytes; it need not exist */
#define UMBEL_OPTION_HOST 10u      /* a host name or an address, to be given to umbel_host.resolve */

/* umbel_option.flags */
#define UMBEL_OPTION_REQUIRED 1u   /* must be given */
#define UMBEL_OPTION_LIVE 2u       /* may change while the port runs, by prepare and commit; others reopen the port */

/* One option of a transport. The agent checks configurations against these, and writes help from them. */
typedef struct umbel_option {
    const char *name;               /* [a-z][a-z0-9-]* ; "name", "transport" and "role" belong to the agent. It has more
                                     * options for all ports ("hello", "mss-clamp", ...): a transport's own goes first */
    const char *help;               /* one line, says units and range */
    const char *default_text;       /* as a user would write it; NULL: the option stays absent when not given */
    const char *const *choices;     /* CHOICE: the allowed words, ended by NULL */
    int64_t minimum;                /* INTEGER, RANGE, DURATION, SIZE; both 0: no limits */
    int64_t maximum;
    uint32_t type;
    uint32_t flags;
} umbel_option;

/* The value of one option, given or by default. Options that are absent have no value. */
typedef struct umbel_value {
    const char *text;               /* canonical text */
    const char *const *items;       /* LIST: item_count texts */
    int64_t integer;                /* see the types */
    int64_t upper;                  /* RANGE: the last number */
    uint32_t option;                /* index in the transport's option table */
    uint32_t item_count;
} umbel_value;

/* What is wrong, for a person: written by check, open, prepare and accept when they fail. */
typedef struct umbel_problem {
    uint32_t size;
    uint32_t option;                /* index of the option at fault, UMBEL_NO_OPTION: none */
    char text[240];                 /* one sentence with the remedy */
} umbel_problem;

#define UMBEL_NO_OPTION 0xffffffffu

/* ---- Ports ----------------------------------------------------------------------------------------------------- */

#define UMBEL_ROLE_GUEST 1u        /* stations of this host */
#define UMBEL_ROLE_TRUNK 2u        /* other hosts */

/* Roles that a transport can carry out: umbel_transport.roles is a sum of these. */
#define UMBEL_ROLES_GUEST 1u
#define UMBEL_ROLES_TRUNK 2u

/* States of a port: opening -> waiting <-> up -> failed | closing. open leaves the port opening; the transport reports
 * the rest with umbel_host.state_changed. */
#define UMBEL_STATE_OPENING 0u
#define UMBEL_STATE_WAITING 1u     /* what is missing may come by itself: no interface, port taken, peer away */
#define UMBEL_STATE_UP 2u
#define UMBEL_STATE_FAILED 3u      /* cannot go on; the host stops the port and shows the text */
#define UMBEL_STATE_CLOSING 4u     /* the peer ended it; the host removes the port */

typedef struct umbel_state {
    uint32_t size;
    uint32_t state;
    int32_t error;                  /* errno, 0: none */
    uint32_t largest_frame;         /* bytes a segment that send takes; 0: UMBEL_LARGEST_SEGMENT */
    uint32_t most_pieces;           /* pieces a frame that send takes; 0: one */
    uint32_t offloads;              /* what send takes: UMBEL_TAKES_* */
    const char *text;               /* why, for a person; NULL: none. Copied by the host */
    uint32_t whole_frame;           /* bytes of the longest frame that leaves this host unfragmented; 0: any */
    uint32_t traits;                /* UMBEL_TRAIT_* */
} umbel_state;

/* umbel_state.traits */
#define UMBEL_TRAIT_WHOLE 1u       /* send heeds UMBEL_FRAME_WHOLE: the host may find out how long a frame may be */

#define UMBEL_TAKES_CHECKSUM 1u    /* frames with NEEDS_CHECKSUM */
#define UMBEL_TAKES_TCPV4 2u       /* GSO frames of that type */
#define UMBEL_TAKES_TCPV6 4u
#define UMBEL_TAKES_UDP_L4 8u

/* A client of a door: a connection that the host has accepted, or a descriptor that a program handed over. */
typedef struct umbel_client {
    uint32_t size;
    uint32_t door;                  /* index in the transport's door table; UMBEL_NO_DOOR: a descriptor handed over */
    int32_t descriptor;             /* non-blocking, close-on-exec; see accept and open for who closes it */
    uint32_t socket_type;           /* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
    uint32_t user;                  /* of the peer, by SO_PEERCRED */
    uint32_t group;
    int32_t process;                /* 0: not known */
    uint32_t zero;
    void *state;                    /* the transport's own, kept between accept, open and abandon */
    const char *address;            /* an internet peer, "192.0.2.1:40312"; user and group are then not known. Or NULL */
    const char *directory;          /* where the transport may make sockets for this client; NULL: nowhere */
} umbel_client;

#define UMBEL_NO_DOOR 0xffffffffu

/* umbel_door.flags */
#define UMBEL_DOOR_DIRECTORY 1u    /* clients make sockets beside the door's own: its directory is for it alone */
#define UMBEL_DOOR_INTERNET 2u     /* STREAM: may listen at a TCP address as well, if the configuration names one */

/* A way in that a transport serves: the host makes a Unix socket at <runtime>/<lan>/<path> for it, or where the
 * configuration says.
 * STREAM, SEQPACKET: the host listens, accepts, and calls accept and open for each connection.
 * DGRAM: all clients send to the one socket, which the host binds with SO_PASSCRED. It first opens a port for the door
 * itself, whose client has that descriptor. No frames are sent to that port; its endpoint receives for all. A sender
 * that it does not know it announces with client_arrived, and open then makes the sender's port on the same endpoint;
 * the descriptor in its client is -1. The door's own port is closed last. */
typedef struct umbel_door {
    const char *name;               /* as in a LAN's "doors:" */
    const char *path;               /* relative to the LAN's runtime directory */
    const char *help;               /* one line */
    uint32_t socket_type;           /* SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM */
    uint32_t flags;                 /* UMBEL_DOOR_* */
} umbel_door;

/* The most descriptors that are kept of one port, and bytes of its state. */
#define UMBEL_MOST_KEPT 16u
#define UMBEL_MOST_KEPT_STATE 196608u

/* umbel_heritage.flags */
#define UMBEL_HERITAGE_QUIET 1u    /* nothing has moved since: state says where each frame is */

/* A descriptor that is kept when the process ends. */
typedef struct umbel_kept {
    int32_t descriptor;
    uint32_t kind;                  /* the transport's own number: which of its descriptors it is */
} umbel_kept;

/* What a port leaves to the process after this one: descriptors, which the host keeps open, and bytes in which the
 * transport writes what the next process cannot learn from them. The next transport may be a later version: what it
 * cannot read it refuses in open. Bytes come back as they were, no process before has checked them. */
typedef struct umbel_heritage {
    uint32_t size;
    uint32_t flags;                 /* UMBEL_HERITAGE_* */
    umbel_kept *kept;
    uint32_t kept_stride;
    uint32_t kept_count;            /* hand_over is given the room and sets the number; at most UMBEL_MOST_KEPT */
    void *state;
    uint32_t state_length;          /* the same, in bytes; at most UMBEL_MOST_KEPT_STATE */
    uint32_t zero;
} umbel_heritage;

/* What open gets. Valid during the call only. */
typedef struct umbel_open {
    uint32_t size;
    uint32_t number;                /* of the port; received frames carry it */
    uint32_t role;
    uint32_t value_stride;
    const umbel_value *values;
    uint32_t value_count;
    uint32_t zero;
    const char *lan;
    const char *name;               /* of the port */
    umbel_client *client;           /* the client of a door; NULL: a configured port */
    const umbel_heritage *adopted;  /* what the port of the process before left; NULL: nothing. A client's descriptor is
                                     * then -1 and its state NULL: what stands for it is among the kept */
} umbel_open;

/* ---- Descriptors ----------------------------------------------------------------------------------------------- */

#define UMBEL_DESCRIPTOR_DATA 0u          /* when ready, the host calls receive with its token */
#define UMBEL_DESCRIPTOR_HOUSEKEEPING 1u  /* when ready, the host calls ready with its token */

/* A descriptor of an endpoint that the host polls, level-triggered. It stays the transport's. */
typedef struct umbel_descriptor {
    int32_t descriptor;
    uint32_t events;                /* EPOLLIN, EPOLLOUT of <sys/epoll.h>; errors and hang-up always report */
    uint64_t token;                 /* the transport's own */
    uint32_t kind;
    uint32_t zero;
} umbel_descriptor;

/* One of the transport's own counters: what it dropped and why, what it met. */
typedef struct umbel_counter {
    const char *name;               /* a constant, kebab-case: "own-echo", "foreign-runt" */
    uint64_t value;
} umbel_counter;

/* umbel_remote_info.flags */
#define UMBEL_REMOTE_CONFIGURED 1u /* named by the configuration; others were met by what they sent */
#define UMBEL_REMOTE_GROUP 2u      /* heard by way of the trunk's multicast group */

/* One peer of a trunk, as far as the transport knows it: by what it sends. */
typedef struct umbel_remote_info {
    umbel_remote remote;            /* as in the frames that it sends */
    uint32_t flags;                 /* UMBEL_REMOTE_* */
    uint32_t zero;
    uint64_t last_heard;            /* nanoseconds of CLOCK_MONOTONIC, when its last frame came; 0: never */
    uint64_t received_frames;
    uint64_t received_bytes;
    uint64_t sent_frames;           /* to it alone: copies of a frame to everyone are counted where one is sent to each */
    uint64_t sent_bytes;
    char address[64];               /* on the underlay, as people write it: "192.0.2.1" */
    char name[64];                  /* the host name in the configuration, cut to fit; empty: none */
} umbel_remote_info;

/* ---- The host table -------------------------------------------------------------------------------------------- */

/* Priorities of log, as in <syslog.h>. */
#define UMBEL_LOG_ERROR 3u
#define UMBEL_LOG_WARNING 4u
#define UMBEL_LOG_NOTICE 5u
#define UMBEL_LOG_INFO 6u
#define UMBEL_LOG_DEBUG 7u

/* umbel_condition.kind: what an administrator can look up and search for. A host takes a kind that it does not know as
 * the words of log. */
#define UMBEL_CONDITION_FOREIGN_SENDER 1u    /* somebody who should not sends to the port; peer says who */
#define UMBEL_CONDITION_BUFFER_SHORTFALL 2u  /* the kernel grants a socket less buffer than was asked for */
#define UMBEL_CONDITION_SETUP_NEEDED 3u      /* something is to be set up on this host by the command that text names */

/* Something that is not as it should be. Valid during the call only. */
typedef struct umbel_condition {
    uint32_t size;
    uint32_t kind;
    uint32_t priority;              /* UMBEL_LOG_* */
    int32_t error;                  /* errno behind it, 0: none */
    const char *text;               /* one sentence with the remedy; see log */
    const char *peer;               /* who is behind it: an address of at most 63 bytes; NULL: nobody, or not known */
} umbel_condition;

/* A socket address that resolve found: 4 or 16 bytes in network order. */
typedef struct umbel_address {
    uint32_t family;                /* AF_INET or AF_INET6 */
    uint8_t bytes[16];
} umbel_address;

/* The datagrams by which a trunk reaches other hosts: UDP to this address and port. */
typedef struct umbel_flow {
    umbel_address address;          /* family 0: any address */
    uint32_t port;
} umbel_flow;

typedef struct umbel_host {
    uint32_t size;
    uint32_t abi_level;

    /* Any thread of the host. Says something to the administrator. On a forwarding thread it goes through a bounded
     * ring; what does not fit is counted and dropped. Text over 240 bytes is cut. */
    void (*log)(umbel_host_port *port, uint32_t priority, const char *text);

    /* Control or forwarding thread. The port's new state; the latest wins. */
    void (*state_changed)(umbel_host_port *port, const umbel_state *state);

    /* Control or forwarding thread. descriptors() would now answer otherwise; the host asks again before it next polls. */
    void (*descriptors_changed)(umbel_host_port *port);

    /* Forwarding thread. The host forgets the stations behind this remote. */
    void (*remote_gone)(umbel_host_port *port, umbel_remote remote);

    /* Control thread. From now on prepare is called with UMBEL_PREPARE_INTERFACES whenever an interface, an address or a
     * route of this network namespace changes. Ends with the port. */
    void (*watch_interfaces)(umbel_host_port *port);

    /* Control thread. Resolves a host name without blocking; resolved() gets the answer, on the control thread, with the
     * same token. Returns 0 or -errno (EAGAIN: too many at once). */
    int32_t (*resolve)(umbel_host_port *port, const char *name, uint64_t token);

    /* Forwarding thread, within receive of a datagram door's endpoint; port is the door's own. A sender without a port
     * has sent something: client says who, and its state, which sender. The host decides on the control thread, and calls
     * open or abandon with a copy of client. 0, or -EAGAIN: too many at once, try again with its next datagram.
     * When an adopted port of that sender has begun meanwhile, open says -EEXIST: it is none to be refused. */
    int32_t (*client_arrived)(umbel_host_port *port, const umbel_client *client);

    /* Control thread. Which datagrams on the underlay are this trunk's own, whichever host sent them; replaces what was
     * said before, ends with the port. Met as a frame from a guest port, in any LAN of the agent, such a datagram is
     * dropped: a bridge leads the underlay into the LAN, and carrying it would send it round for ever. At most
     * UMBEL_MOST_FLOWS; a flow with another family or without a port is left out. */
    void (*underlay_changed)(umbel_host_port *port, const umbel_flow *flows, uint32_t stride, uint32_t count);

    /* Control thread. Resolves a host name as resolve does, and again every minute until the port ends: resolved() gets
     * the first answer, and each later one that differs from the answer before. After resolved() the host calls prepare
     * with UMBEL_PREPARE_NAMES. A name that was found once is kept when it is not found later. 0, or -errno (ENOSPC: too
     * many names). */
    int32_t (*follow_name)(umbel_host_port *port, const char *name, uint64_t token);

    /* Any thread of the host. As log, for what the host knows by kind. Not for each frame: say a thing once. */
    void (*condition)(umbel_host_port *port, const umbel_condition *condition);
} umbel_host;

/* ---- The transport table --------------------------------------------------------------------------------------- */

/* Why prepare is called. */
#define UMBEL_PREPARE_CONFIGURATION 0u  /* live options have new values */
#define UMBEL_PREPARE_RETRY 1u          /* the port is waiting and its back-off has passed */
#define UMBEL_PREPARE_INTERFACES 2u     /* see watch_interfaces */
#define UMBEL_PREPARE_NAMES 3u          /* resolved() has told what became of a name of follow_name */

typedef struct umbel_transport {
    uint32_t size;
    uint32_t abi_level;             /* UMBEL_ABI_LEVEL that the transport was compiled with */
    const char *name;               /* the <name> of libumbel-<name>.so */
    const char *summary;            /* one line */
    const umbel_option *options;
    uint32_t option_count;
    uint32_t option_stride;
    const umbel_door *doors;
    uint32_t door_count;
    uint32_t door_stride;
    uint32_t roles;                 /* UMBEL_ROLES_* */
    uint32_t default_role;          /* UMBEL_ROLE_*: of a port whose configuration names none */

    /* Control. Checks what one option alone cannot show. May be called with no port ever opened; touches nothing.
     * 0, or -EINVAL with the problem. May be NULL. */
    int32_t (*check)(const umbel_open *configuration, umbel_problem *problem);

    /* Control. A door's client has connected, and again each time its descriptor is readable, until the answer is not 0.
     * 1: the handshake is complete, open follows. 0: more is needed. -errno: refused; the host closes the descriptor and
     * calls abandon. NULL: complete at once. */
    int32_t (*accept)(umbel_client *client, umbel_problem *problem);

    /* Control. The client is gone before open; frees client->state. May be NULL. */
    void (*abandon)(umbel_client *client);

    /* Control. Makes a port and says which endpoint carries it (a new one, or one that exists). What may pass by itself
     * is no error: report UMBEL_STATE_WAITING. On success a client's descriptor and state and all adopted descriptors are
     * the transport's, on failure they stay the host's. state_changed may be called from within. */
    int32_t (*open)(umbel_host_port *host_port, const umbel_open *configuration, umbel_port **port,
                    umbel_endpoint **endpoint, umbel_problem *problem);

    /* Control. Does what takes time for a change: opens sockets, joins groups, and keeps the result aside.
     * reason is UMBEL_PREPARE_*; configuration is NULL unless that is CONFIGURATION.
     * 1: commit follows on the forwarding thread; 0: nothing to change; -errno with the problem: refused, the old state
     * stays in force. Not called again before the commit has been made. May be NULL. */
    int32_t (*prepare)(umbel_port *port, uint32_t reason, const umbel_open *configuration, umbel_problem *problem);

    /* Control. Frees the port, and the endpoint with its last port. */
    void (*close)(umbel_port *port);

    /* Control. The answer to resolve: count addresses, or a negative EAI_* code in count. May be NULL. */
    void (*resolved)(umbel_port *port, uint64_t token, const umbel_address *addresses, uint32_t stride, int32_t count);

    /* Forwarding. The port begins: from here on its descriptors are polled. May be NULL. */
    int32_t (*start)(umbel_port *port);

    /* Forwarding. Puts what prepare made into force. May be NULL if prepare is. */
    void (*commit)(umbel_port *port);

    /* Forwarding. The port ends. What it still holds back is lost. May be NULL. */
    void (*stop)(umbel_port *port);

    /* Forwarding. Fills at most capacity descriptors, returns how many there are in all. */
    int32_t (*descriptors)(umbel_endpoint *endpoint, umbel_descriptor *descriptors, uint32_t stride, uint32_t capacity);

    /* Forwarding. Fills at most capacity frames with what has come in by the descriptor of that token, and returns how
     * many. *more is 0 when called; 1 says that more are at hand which polling would not show, or probably at hand: the
     * host calls again soon. The first piece holds at least min(length, 64) bytes.
     * The frames and their bytes are borrowed until the next receive or stop on this endpoint. Runts, oversize and empty
     * messages are left out and counted by the transport. 0 and -EAGAIN mean the same. Any other -errno: the endpoint's
     * ports fail. */
    int32_t (*receive)(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                       uint32_t *more);

    /* Forwarding. Sends frames in order, returns how many it took. The rest is queued by the host within the port's
     * limit and offered again. -EAGAIN: none now. Any other -errno is about the first frame alone: the host drops and
     * counts it and goes on with the next. Frames are borrowed during the call. */
    int32_t (*send)(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count);

    /* Forwarding. A housekeeping descriptor is ready, or any descriptor has hung up. May be NULL. */
    void (*ready)(umbel_endpoint *endpoint, uint64_t token, uint32_t events);

    /* Forwarding. When tick is wanted next: nanoseconds of CLOCK_MONOTONIC, UINT64_MAX: never. Asked after every call
     * that may change it. May be NULL. */
    uint64_t (*deadline)(umbel_endpoint *endpoint);

    /* Forwarding. The deadline has passed. May be NULL. */
    void (*tick)(umbel_endpoint *endpoint, uint64_t now);

    /* Forwarding. Fills at most capacity counters, returns how many there are in all. May be NULL. */
    int32_t (*statistics)(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity);

    /* Forwarding. Fills at most capacity peers of a trunk, returns how many there are in all. May be NULL. */
    int32_t (*remotes)(umbel_port *port, umbel_remote_info *remotes, uint32_t stride, uint32_t capacity);

    /* Control. Says what is to be kept of the port when this process ends without closing it. Descriptors stay the
     * transport's; the host duplicates them. Called after open and after each commit, and for the last time with
     * UMBEL_HERITAGE_QUIET.
     * Without that flag the forwarding thread is at work: what is said must hold for a process that is killed at any time
     * from now on, and lets the port be opened again whatever has moved until then. A port that cannot go on after that (a
     * stream in the middle of a frame) says -EAGAIN. With it the forwarding thread rests between two calls, and goes on
     * later if the hand-over comes to nothing: the transport may read what that thread writes, and changes nothing.
     * 0, or -errno: nothing is kept. NULL: never. */
    int32_t (*hand_over)(umbel_port *port, umbel_heritage *heritage);
} umbel_transport;

/* What a transport exports under this name, with default visibility. Control thread, once. host lives for ever. Returns
 * a table that lives for ever, or NULL when it cannot work with this host. */
extern const umbel_transport *umbel_transport_entry(const umbel_host *host);

#ifdef __cplusplus
}
#endif

#endif
