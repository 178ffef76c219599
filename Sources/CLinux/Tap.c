/* TAP devices: ioctl(2) is variadic, and struct ifreq holds a union that Swift does not import well. */
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20 /* <linux/if_tun.h> of Linux 6.2 */
#define TUN_F_USO6 0x40
#endif

_Static_assert(CLINUX_TAP_NAME_SIZE == IFNAMSIZ, "the name of an interface");
_Static_assert(CLINUX_TAP_HEADER_SIZE == sizeof(struct virtio_net_hdr), "the header before each frame");
_Static_assert(CLINUX_TAP_CHECKSUM == TUN_F_CSUM && CLINUX_TAP_TSO4 == TUN_F_TSO4 && CLINUX_TAP_TSO6 == TUN_F_TSO6 &&
                   CLINUX_TAP_TSO_ECN == TUN_F_TSO_ECN && CLINUX_TAP_USO == (TUN_F_USO4 | TUN_F_USO6),
               "offloads have the kernel's numbers");

int clinux_tap_open(void)
{
    return open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int clinux_tap_attach(int tap, char *name, int with_header)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, name, IFNAMSIZ);
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | (with_header ? IFF_VNET_HDR : 0));
    if (ioctl(tap, TUNSETIFF, &request) != 0)
        return -1;
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return 0;
}

int clinux_tap_name(int tap, char *name)
{
    struct ifreq request;
    const short wanted = IFF_TAP | IFF_VNET_HDR;
    memset(&request, 0, sizeof request);
    if (ioctl(tap, TUNGETIFF, &request) != 0)
        return -1;
    if ((request.ifr_flags & wanted) != wanted) {
        errno = EINVAL;
        return -1;
    }
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return 0;
}

int clinux_tap_set_persistent(int tap, int persistent) { return ioctl(tap, TUNSETPERSIST, persistent); }

int clinux_tap_set_owner(int tap, uint32_t user) { return ioctl(tap, TUNSETOWNER, user); }

int clinux_tap_set_group(int tap, uint32_t group) { return ioctl(tap, TUNSETGROUP, group); }

int clinux_tap_set_offloads(int tap, unsigned int offloads) { return ioctl(tap, TUNSETOFFLOAD, offloads); }

int clinux_tap_set_header_size(int tap, int bytes) { return ioctl(tap, TUNSETVNETHDRSZ, &bytes); }
