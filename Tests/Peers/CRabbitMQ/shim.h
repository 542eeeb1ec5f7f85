#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

// Swift sees no macro with a cast in it.
static const amqp_method_number_t sasando_basic_deliver = AMQP_BASIC_DELIVER_METHOD;
static const amqp_method_number_t sasando_basic_ack = AMQP_BASIC_ACK_METHOD;

// Swift calls no function with a variable number of arguments. 131072 is librabbitmq's own largest frame; no heartbeats.
static inline amqp_rpc_reply_t sasando_login(amqp_connection_state_t state, const char *user, const char *password) {
    return amqp_login(state, "/", 1, 131072, 0, AMQP_SASL_METHOD_PLAIN, user, password);
}
