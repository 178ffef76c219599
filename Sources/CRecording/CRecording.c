#include "CRecording.h"

#include <string.h>

/* What a record begins with: RingRecord. */
typedef uint64_t header __attribute__((vector_size(32), aligned(8)));

/* The number of pieces and the length, which lie side by side. */
static inline uint64_t shape_of(const umbel_frame *frame)
{
    uint64_t shape;

    _Static_assert(offsetof(umbel_frame, length) == offsetof(umbel_frame, piece_count) + 4, "they lie side by side");
    memcpy(&shape, &frame->piece_count, sizeof shape);
    return shape;
}

/*
 * Writes records of the first of some frames and of those behind it that are like it, as most of a batch are: as long,
 * in one piece, without GSO metadata. Of each `half` bytes are copied at both ends of what is kept; they may overlap.
 * `frame` goes on to the first of another kind or to the end, `place` to behind the last record. If they are the last of
 * all, the frame in no piece behind them is the end.
 */
static inline __attribute__((always_inline)) void write_alike(
    uint8_t **place, const header *each, size_t record_bytes, umbel_frame **frame, const umbel_frame *end, int are_last,
    size_t kept, size_t half)
{
    umbel_frame *current = *frame;
    uint8_t *bytes = *place;
    const header first = *each;
    const uint64_t shape = shape_of(current);
    const size_t tail = kept - half;

    do {
        const uint8_t *data = current->pieces->data;
        memcpy(bytes, &first, sizeof first);
        memcpy(bytes + sizeof first, data, half);
        memcpy(bytes + sizeof first + tail, data + tail, half);
        bytes += record_bytes;
        current++;
        /* One register each, where the compiler would keep two. */
        __asm__("" : "+r"(current), "+r"(bytes));
    } while ((are_last || current < end) && shape_of(current) == shape && current->offload.gso_type == UMBEL_GSO_NONE);
    *frame = current;
    *place = bytes;
}

#if defined(__x86_64__)
__attribute__((target_clones("avx2", "default")))
#endif
size_t crecording_append(crecording_cursor *cursor, crecording_turn *turns, size_t count, uint32_t port)
{
    const uint32_t snaplen = cursor->snaplen;
    const uint64_t time = cursor->time;
    const umbel_frame *last = turns[count].frame;
    umbel_frame *frame = turns->frame;
    uint8_t *place = cursor->next;
    crecording_turn *turn = turns;

    /* Each turn begins where the one before it ends. */
    for (; turn < turns + count; turn++) {
        const umbel_frame *end = turn[1].frame;
        const uint64_t ports = port | (uint64_t)turn->peer << 32;
        const uint64_t fate = (uint64_t)turn->fate << 8;
        if (frame < end && (frame->port != port || turn->fate >= CRECORDING_UNREADABLE))
            break;
        while (frame < end) {
            uint32_t length = frame->length, kept = length < snaplen ? length : snaplen, bytes;
            if (frame->piece_count != 1 || frame->offload.gso_type != UMBEL_GSO_NONE || kept < CRECORDING_LEAST_KEPT
                || kept > CRECORDING_MOST_KEPT)
                goto ended;
            bytes = (kept + (uint32_t)sizeof(header) + 7) & ~7u;
            const header first = { bytes | (uint64_t)length << 32, time, ports, fate };
            if (kept <= 2 * CRECORDING_LEAST_KEPT)
                write_alike(&place, &first, bytes, &frame, end, 0, kept, CRECORDING_LEAST_KEPT);
            else if (end != last)
                write_alike(&place, &first, bytes, &frame, end, 0, kept, 2 * CRECORDING_LEAST_KEPT);
            else
                write_alike(&place, &first, bytes, &frame, end, 1, kept, 2 * CRECORDING_LEAST_KEPT);
        }
    }
ended:
    cursor->count += (size_t)(frame - turns->frame);
    cursor->next = place;
    turn->frame = frame;
    return (size_t)(turn - turns);
}
