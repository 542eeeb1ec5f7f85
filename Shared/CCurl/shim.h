#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* Swift cannot call functions that take an argument of any type; each of these is one of them for one type. */

static inline CURLcode curl_set_number(CURL *handle, CURLoption option, long value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_text(CURL *handle, CURLoption option, const char *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_pointer(CURL *handle, CURLoption option, void *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_receiver(CURL *handle, CURLoption option, curl_write_callback value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode curl_set_socket_maker(CURL *handle, curl_opensocket_callback value)
{
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode curl_read_status(CURL *handle, long *value)
{
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, value);
}

static inline CURLMcode curl_multi_set_number(CURLM *handle, CURLMoption option, long value)
{
    return curl_multi_setopt(handle, option, value);
}

static inline CURLMcode curl_multi_set_pointer(CURLM *handle, CURLMoption option, void *value)
{
    return curl_multi_setopt(handle, option, value);
}

static inline CURLMcode curl_multi_set_watcher(CURLM *handle, curl_socket_callback value)
{
    return curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, value);
}

static inline CURLMcode curl_multi_set_alarm(CURLM *handle, curl_multi_timer_callback value)
{
    return curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, value);
}
