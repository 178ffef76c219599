/*
 * AllocationCounter.h - how often each thread of this process has asked for memory.
 *
 * An executable that links this target has its own malloc, calloc, realloc, reallocarray, memalign, posix_memalign,
 * aligned_alloc, valloc and pvalloc, which count and then call glibc's. The dynamic linker prefers the executable's
 * symbols, so what shared libraries ask for (Swift's runtime, plugins, C++'s new) counts as well. mmap and glibc's own
 * inner allocations do not. Not for a test target: all of them are one binary.
 *
 * Counts only rise. They may be read from any thread; a thread's own reading is exact.
 */
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>
#include <sys/types.h>

/* Allocations that the calling thread has made. */
uint64_t allocation_count(void);

/* Bytes that the calling thread has asked for. */
uint64_t allocation_bytes(void);

/* Allocations that a thread of this process has made, by its number as /proc/self/task lists it; 0 for one that has
 * made none. Of threads beyond the first ALLOCATION_THREADS nothing is known: the answer is UINT64_MAX. */
uint64_t allocation_count_of_thread(pid_t thread);

/* The calling thread's number, to be asked about by another. */
pid_t allocation_thread(void);

#define ALLOCATION_THREADS 256

#endif
