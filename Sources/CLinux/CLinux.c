#define _GNU_SOURCE
#include "CLinux.h"

/* ---- Batches of messages --------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct clinux_message) == sizeof(struct mmsghdr), "clinux_message stands for mmsghdr");
_Static_assert(offsetof(struct clinux_message, length) == offsetof(struct mmsghdr, msg_len),
               "clinux_message stands for mmsghdr");

int clinux_receive_messages(int socket, struct clinux_message *messages, unsigned int count, int flags)
{
    return recvmmsg(socket, (struct mmsghdr *)messages, count, flags, NULL);
}

int clinux_send_messages(int socket, struct clinux_message *messages, unsigned int count, int flags)
{
    return sendmmsg(socket, (struct mmsghdr *)messages, count, flags);
}
