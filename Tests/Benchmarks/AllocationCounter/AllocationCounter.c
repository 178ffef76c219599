#define _GNU_SOURCE

#include "AllocationCounter.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's own, under the names that it exports for those who replace the others. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* A thread's counts. Only that thread writes, so load and store suffice. */
struct counts {
    _Atomic(pid_t) thread;
    _Atomic(uint64_t) allocations, bytes;
};

/* The last is shared by the threads that found no other. */
static struct counts all[ALLOCATION_THREADS + 1];
static _Atomic(uint32_t) taken;

/* initial-exec: a reading that itself never allocates. */
static __thread struct counts *mine __attribute__((tls_model("initial-exec")));

pid_t allocation_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

static struct counts *counts_of_this_thread(void)
{
    if (mine == NULL) {
        uint32_t slot = atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed);
        mine = &all[slot < ALLOCATION_THREADS ? slot : ALLOCATION_THREADS];
        atomic_store_explicit(&mine->thread, allocation_thread(), memory_order_release);
    }
    return mine;
}

static void add(_Atomic(uint64_t) *counter, uint64_t amount)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount, memory_order_relaxed);
}

static void count(size_t bytes)
{
    struct counts *counts = counts_of_this_thread();

    add(&counts->allocations, 1);
    add(&counts->bytes, bytes);
}

uint64_t allocation_count(void)
{
    return atomic_load_explicit(&counts_of_this_thread()->allocations, memory_order_relaxed);
}

uint64_t allocation_bytes(void)
{
    return atomic_load_explicit(&counts_of_this_thread()->bytes, memory_order_relaxed);
}

uint64_t allocation_count_of_thread(pid_t thread)
{
    uint32_t used = atomic_load_explicit(&taken, memory_order_relaxed);

    /* Backwards: a thread's number may be used again after its end. */
    for (uint32_t i = used < ALLOCATION_THREADS ? used : ALLOCATION_THREADS; i > 0; i--)
        if (atomic_load_explicit(&all[i - 1].thread, memory_order_acquire) == thread)
            return atomic_load_explicit(&all[i - 1].allocations, memory_order_relaxed);
    return used > ALLOCATION_THREADS ? UINT64_MAX : 0;
}

/* ---- In place of glibc's --------------------------------------------------------------------------------------- */

void *malloc(size_t size)
{
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    count(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    count(size);
    return __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t number, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(number, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, bytes);
}

void *memalign(size_t alignment, size_t size)
{
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    void *memory;

    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    memory = memalign(alignment, size);
    if (memory == NULL)
        return ENOMEM;
    *result = memory;
    return 0;
}

void *valloc(size_t size)
{
    return memalign((size_t)sysconf(_SC_PAGESIZE), size);
}

void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return memalign(page, (size + page - 1) / page * page);
}
