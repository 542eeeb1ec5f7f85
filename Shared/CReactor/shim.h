#include <sys/eventfd.h>
#include <poll.h>
#include <pthread.h>
