/*
 * CLinux.h - what Swift's Glibc module hides or cannot import: GNU-only calls, function-like macros, variadic calls.
 *
 * This header never defines _GNU_SOURCE: that breaks the import of Glibc's fd_set in some build orders. What needs it
 * lives in CLinux.c. Functions return a result, or -1 with errno set, as the calls they stand for.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/* ---- Batches of messages --------------------------------------------------------------------------------------- */

#include <netinet/in.h>
#include <sys/socket.h>

/* struct mmsghdr of <sys/socket.h>, which only _GNU_SOURCE shows. */
struct clinux_message {
    struct msghdr header;
    unsigned int length;                /* bytes received or sent */
};

/* recvmmsg(2) without a timeout. */
int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count, int flags);

/* sendmmsg(2). */
int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count, int flags);

/* ---- rtnetlink ------------------------------------------------------------------------------------------------- */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#endif
