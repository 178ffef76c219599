/*
 * shim.h - libsystemd for Swift: its headers, and what Swift's Glibc cannot import safely.
 */
#ifndef CSYSTEMD_SHIM_H
#define CSYSTEMD_SHIM_H
#include <stddef.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

extern char **environ;

/* The environment's entry of that index, "NAME=value"; NULL after the last. The global itself is a mutable variable,
 * which Swift 6 lets nobody touch. */
static inline const char *csystemd_environment(size_t index)
{
    return environ[index];
}

#endif
