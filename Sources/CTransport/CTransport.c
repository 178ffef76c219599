/* The header is the target; this file makes the package manager compile it. */
#include "umbel_transport.h"
