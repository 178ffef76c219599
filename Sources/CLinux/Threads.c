#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <string.h>

void clinux_set_thread_name(const char *name)
{
    char short_name[16];

    strncpy(short_name, name, sizeof(short_name) - 1);
    short_name[sizeof(short_name) - 1] = '\0';
    (void)pthread_setname_np(pthread_self(), short_name);
}

static __thread void *thread_context;

void clinux_set_thread_context(void *context)
{
    thread_context = context;
}

void *clinux_thread_context(void)
{
    return thread_context;
}
