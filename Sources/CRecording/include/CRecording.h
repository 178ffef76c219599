/*
 * What Agent's RingWriter does for frame after frame, in C for the sake of vector instructions: where the processor has
 * AVX2, copying a frame's beginning takes half the instructions.
 */
#ifndef CRECORDING_H
#define CRECORDING_H

#include <stddef.h>
#include <umbel_transport.h>

/* Of how many bytes kept of a frame crecording_append writes records, and the bytes of the longest of these. */
#define CRECORDING_LEAST_KEPT 32u
#define CRECORDING_MOST_KEPT 128u
#define CRECORDING_LONGEST_RECORD 160u

/* The writing end of a ring. */
typedef struct crecording_cursor {
    uint8_t *next;                  /* where the next record is written */
    uint64_t count;                 /* records so far */
    uint64_t time;                  /* of the records that are written next: nanoseconds since 1970 */
    uint32_t snaplen;               /* bytes that are kept of a frame at most */
    uint32_t zero;
} crecording_cursor;

/* Frames of a batch that went the same way, of one port. */
typedef struct crecording_turn {
    umbel_frame *frame;             /* the first of them. That of the next turn stands behind the last of them */
    uint32_t peer;                  /* RingRecord.peer */
    uint32_t fate;                  /* RingRecord.direction; RingRecord.outcome times 256; CRECORDING_UNREADABLE */
} crecording_turn;

/* The frame's pieces are not what they should be. */
#define CRECORDING_UNREADABLE 0x10000u

/*
 * Writes a record (RingRecord of the module Recording, and the frame's bytes) for each frame of some turns, until one
 * comes that is of another port, unreadable, in several pieces, with GSO metadata, or of which more or fewer bytes are
 * to be kept than above.
 *
 *   cursor    with room behind `next` for a record of CRECORDING_LONGEST_RECORD bytes for each frame
 *   turns     one more than count, for where the last one ends: at a frame whose piece_count is 0
 *
 * Returns how many turns it has done; of the one behind these, `frame` is then the frame at which it ended.
 */
size_t crecording_append(crecording_cursor *cursor, crecording_turn *turns, size_t count, uint32_t port);

#endif
