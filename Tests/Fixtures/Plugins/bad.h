/*
 * bad.h - what the two files of the transport "bad" share: the faults, and the port.
 */
#ifndef BAD_H
#define BAD_H

#include "umbel_transport.h"

#include <pthread.h>

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
    X(STATE_RISES, "state-rises")                           /* fails with the first frame; says in stop that it is up */ \
    X(STATE_STORM, "state-storm")                           /* a new state in each receive and tick, always due */ \
    X(LOG_STORM, "log-storm")                               /* a line in each receive and tick, always due */ \
    X(LOG_NULL, "log-null")                                 /* log(port, 99, NULL) */ \
    X(LOG_LONG_TEXT, "log-long-text")                       /* 10,000 bytes */ \
    X(CONDITION_NULL, "condition-null")                     /* condition(port, NULL), and one without text */ \
    X(CONDITION_SMALL, "condition-small")                   /* a condition of 4 bytes */ \
    X(CONDITION_UNKNOWN, "condition-unknown")               /* kind 99, priority 99, 10,000 bytes of text and of peer */ \
    X(CONDITION_STORM, "condition-storm")                   /* a foreign sender in each receive and tick, always due */ \
    X(DESCRIPTORS_CLOSED, "descriptors-closed")             /* a number that is not open */ \
    X(DESCRIPTORS_NEGATIVE, "descriptors-negative")         /* -1 */ \
    X(DESCRIPTORS_FILE, "descriptors-file")                 /* /dev/zero, which epoll refuses */ \
    X(DESCRIPTORS_TWICE, "descriptors-twice")               /* the same one under two tokens */ \
    X(DESCRIPTORS_HUNG_UP, "descriptors-hung-up")           /* a socket whose other end is closed */ \
    X(DESCRIPTORS_MANY, "descriptors-many")                 /* returns 1,000, fills one */ \
    X(DESCRIPTORS_ERROR, "descriptors-error")               /* returns -EIO */ \
    X(DESCRIPTORS_BAD_KIND, "descriptors-bad-kind")         /* kind 77 */ \
    X(DESCRIPTORS_BAD_EVENTS, "descriptors-bad-events")     /* all bits: edge-triggered, one-shot, exclusive */ \
    X(DESCRIPTORS_CHANGED, "descriptors-changed")           /* descriptors_changed in each descriptors */ \
    X(DEADLINE_PAST, "deadline-past")                       /* always 1 ns after boot */ \
    X(DEADLINE_BY_READY, "deadline-by-ready")               /* no fault: ready sets a deadline, tick clears it */ \
    X(DEADLINE_BY_SEND, "deadline-by-send")                 /* no fault: send does */ \
    X(RECEIVE_TOO_MANY, "receive-too-many")                 /* returns capacity + 1 */ \
    X(RECEIVE_MORE_EMPTY, "receive-more-empty")             /* "more" and no frames, for ever */ \
    X(RECEIVE_MORE_FRAMES, "receive-more-frames")           /* "more" and the first frame again, for ever */ \
    X(RECEIVE_SLEEPS, "receive-sleeps")                     /* 2,000 ms after a frame */ \
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
    X(FOLLOW, "follow")                                     /* follows localhost; says when prepare comes */ \
    X(RESOLVE, "resolve")                                   /* asks for localhost in open, and in start, where it must not */ \
    X(BOGUS_REMOTES, "bogus-remotes")                       /* remote_gone of remotes that never were, in each receive */ \
    X(BOGUS_HANDLES, "bogus-handles")                       /* calls with handles that the host never gave */ \
    X(HAND_OVER_MANY, "hand-over-many")                     /* says that it has kept one more than there is room for */ \
    X(HAND_OVER_LONG, "hand-over-long")                     /* a state of one byte more */ \
    X(HAND_OVER_CLOSED, "hand-over-closed")                 /* keeps a number that is not open */ \
    X(HAND_OVER_ERROR, "hand-over-error")                   /* -EIO, after writing as if it were none */ \
    X(LATE_REMOTE_GONE, "late-remote-gone") \
    X(LATE_STATE_CHANGED, "late-state-changed") \
    X(LATE_DESCRIPTORS_CHANGED, "late-descriptors-changed") \
    X(LATE_LOG, "late-log")

#define IDENTIFIER(identifier, name) identifier,
enum { FAULTS(IDENTIFIER) FAULT_COUNT };

struct umbel_endpoint {
    umbel_host_port *host_port;
    int socket, other;                  /* other: the descriptor that is at fault; -1: none */
    uint32_t number, fault, amount;
    uint32_t next_fault, next_amount;   /* what commit takes over */
    uint32_t first_length;              /* bytes of the first frame; 0: none yet */
    uint32_t turn, ticks;
    uint64_t due;                       /* the deadline that ready or send has set; 0: none */
    pthread_t control;                  /* the thread of open */
    umbel_piece pieces[BATCH], many[MANY_PIECES];
    unsigned char bytes[BATCH][UMBEL_LARGEST_SEGMENT + 1];
};
#define endpoint_of(port) ((umbel_endpoint *)(void *)(port))        /* one port an endpoint: the same thing */

#define ELEMENT(type, array, stride, index) ((type *)(void *)((char *)(array) + (size_t)(index) * (stride)))

extern const umbel_host *bad_host;
extern char bad_long_text[LONG_TEXT + 1];

/* Reports the first state, and the new one after commit, as the fault wants it. */
void bad_report(const umbel_endpoint *endpoint);

/* What a late-* fault does with the handle of a port that has ended. */
void bad_speak_late(umbel_host_port *host_port, uint32_t fault);

/* What the receive and tick of every port say: the storms, the bogus, and the ports that are closed and go on speaking. */
void bad_chatter(umbel_endpoint *endpoint);

/* Forwarding thread. */
int32_t bad_start(umbel_port *port);
void bad_commit(umbel_port *port);
void bad_stop(umbel_port *port);
int32_t bad_descriptors(umbel_endpoint *endpoint, umbel_descriptor *array, uint32_t stride, uint32_t capacity);
int32_t bad_receive(umbel_endpoint *endpoint, uint64_t token, umbel_frame *frames, uint32_t stride, uint32_t capacity,
                    uint32_t *more);
int32_t bad_send(umbel_port *port, const umbel_frame *frames, uint32_t stride, uint32_t count);
void bad_ready(umbel_endpoint *endpoint, uint64_t token, uint32_t events);
uint64_t bad_deadline(umbel_endpoint *endpoint);
void bad_tick(umbel_endpoint *endpoint, uint64_t now);
int32_t bad_statistics(umbel_port *port, umbel_counter *counters, uint32_t stride, uint32_t capacity);

#endif
