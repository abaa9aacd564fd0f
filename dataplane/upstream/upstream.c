/*
 * upstream.c - calls over curl easy handles, which are made once and reused.
 *
 * A handle keeps its fixed options; per call only the URL, the headers, the
 * body and the address policy change.  A finished handle is handed over in
 * upstream_turn(), so no callback of curl ever starts or ends a call.
 */
#include "dataplane/upstream/upstream.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/base.h"
#include "common/list.h"
#include "common/metrics.h"
#include "dataplane/settings.h"
#include "dataplane/upstream/address.h"
#include "dataplane/upstream/multi.h"

#define RECEIVE_BUFFER_BYTES 8192L
#define CONNECTION_AGE_MAX_S 110L
#define IDLE_HANDLES_MAX 4096
#define USER_TIMEOUT_MS 30000
#define RETRY_AFTER_MAX_MS 86400000LL

struct upstream { /* lifetime: worker */
	struct multi *multi;
	const struct settings *settings;
	struct list idle; /* handles between calls */
	size_t idle_count;
};

struct upstream_call {
	struct list node;
	struct upstream *upstream;
	CURL *easy;
	const struct upstream_events *events;
	void *context;
	struct curl_slist
	    headers[UPSTREAM_HEADERS_MAX + 1]; /* linked in place */
	struct upstream_head head;
	size_t body_len;
	bool allow_private;
	bool refused_address;
	bool head_told;
	bool paused;
};

static int64_t
retry_after_ms(struct str value, int64_t unit_ms)
{
	struct str whole = value;
	ptrdiff_t point = str_find_char(value, '.');
	int64_t amount;

	if (point >= 0)
		whole = str_head(value, (size_t)point);
	if (str_to_i64(whole, &amount) != OK || amount < 0)
		return -1; /* a date: the next attempt may be at once */
	if (!i64_mul(amount, unit_ms, &amount))
		return RETRY_AFTER_MAX_MS;
	return i64_min(amount, RETRY_AFTER_MAX_MS);
}

static void
read_status_line(struct upstream_call *call, struct str line)
{
	struct str rest = str_skip(line, 5); /* "HTTP/" */
	struct str version;
	int64_t code = 0;

	call->head = (struct upstream_head){ .retry_after_ms = -1 };
	str_next(&rest, ' ', &version);
	if (str_to_i64(str_head(rest, 3), &code) == OK)
		call->head.http_status = (int)code;
}

static void
read_header(struct upstream_call *call, struct str line)
{
	ptrdiff_t colon = str_find_char(line, ':');
	struct str name, value;

	if (colon < 0)
		return;
	name = str_head(line, (size_t)colon);
	value = str_trim(str_skip(line, (size_t)colon + 1));
	if (str_eq_nocase(name, STR("retry-after")) &&
	    call->head.retry_after_ms < 0)
		call->head.retry_after_ms = retry_after_ms(value, 1000);
	else if (str_eq_nocase(name, STR("retry-after-ms")))
		call->head.retry_after_ms = retry_after_ms(value, 1);
	else if (str_eq_nocase(name, STR("content-encoding")))
		call->head.is_encoded = !str_eq_nocase(value, STR("identity"));
}

static size_t
on_header_line(char *bytes, size_t size, size_t count, void *context)
{
	struct upstream_call *call = context;
	struct str line = str_trim(str_make(bytes, size * count));

	if (str_has_prefix(line, STR("HTTP/")))
		read_status_line(call, line);
	else if (line.len > 0)
		read_header(call, line);
	else if (call->head.http_status >= 200 && !call->head_told) {
		call->head_told = true;
		call->events->on_head(call->context, &call->head);
	}
	return size * count;
}

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct upstream_call *call = context;

	if (call->paused)
		return CURL_WRITEFUNC_PAUSE;
	call->events->on_bytes(call->context, str_make(bytes, size * count));
	return size * count;
}

/* Sees the address a name resolved to, before anything is sent there. */
static curl_socket_t
on_open_socket(
    void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct upstream_call *call = context;
	int user_timeout_ms = USER_TIMEOUT_MS;
	int fd;

	if (!address_is_allowed(&address->addr, call->allow_private)) {
		call->refused_address = true;
		return CURL_SOCKET_BAD;
	}
	fd = socket(address->family,
	    address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    address->protocol);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
		    sizeof(user_timeout_ms));
	return fd;
}

static void
set_fixed_options(struct upstream_call *call)
{
	CURL *easy = call->easy;
	const char *authorities = call->upstream->settings->upstream_ca;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(
	    easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(
	    easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_MAX_S);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header_line);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	if (authorities[0] != '\0')
		curl_easy_setopt(easy, CURLOPT_CAINFO, authorities);
	multi_adopt(call->upstream->multi, easy);
}

static struct upstream_call *
call_new(struct upstream *upstream)
{
	struct upstream_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		abort();
	call->upstream = upstream;
	call->easy = curl_easy_init();
	if (call->easy == NULL)
		abort();
	list_init(&call->node);
	set_fixed_options(call);
	return call;
}

static void
call_free(struct upstream_call *call)
{
	curl_easy_cleanup(call->easy);
	free(call);
}

static struct upstream_call *
call_take(struct upstream *upstream)
{
	struct upstream_call *call;

	if (list_is_empty(&upstream->idle))
		return call_new(upstream);
	/* The last one used is the one whose memory is warm. */
	call = container_of(upstream->idle.prev, struct upstream_call, node);
	list_remove(&call->node);
	upstream->idle_count--;
	return call;
}

static void
call_give_back(struct upstream_call *call)
{
	struct upstream *upstream = call->upstream;

	call->events = NULL;
	call->context = NULL;
	if (upstream->idle_count >= IDLE_HANDLES_MAX) {
		call_free(call);
		return;
	}
	upstream->idle_count++;
	list_append(&upstream->idle, &call->node);
}

/* A list for curl without an allocation: it only ever reads it. */
static void
link_headers(struct upstream_call *call, const struct upstream_request *request)
{
	static char no_expect[] = "Expect:";
	size_t count = request->header_count;

	for (size_t i = 0; i < count; i++)
		call->headers[i] = (struct curl_slist){
			.data = (char *)(uintptr_t)request->headers[i],
			.next = &call->headers[i + 1],
		};
	call->headers[count] = (struct curl_slist){ .data = no_expect };
}

static void
set_request(struct upstream_call *call, const struct upstream_request *request)
{
	CURL *easy = call->easy;

	link_headers(call, request);
	call->body_len = request->body.len;
	call->allow_private = request->allow_private_network;
	call->refused_address = false;
	call->head_told = false;
	call->paused = false;
	call->head = (struct upstream_head){ .retry_after_ms = -1 };
	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(
	    easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.ptr);
	curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
}

struct upstream *
upstream_new(struct loop *loop, const struct settings *settings)
{
	struct upstream *upstream = calloc(1, sizeof(*upstream));

	if (upstream == NULL)
		abort();
	upstream->settings = settings;
	upstream->multi = multi_new(loop, (long)settings->connections_max);
	list_init(&upstream->idle);
	return upstream;
}

void
upstream_free(struct upstream *upstream)
{
	if (upstream == NULL)
		return;
	LIST_FOREACH (node, &upstream->idle)
		call_free(container_of(node, struct upstream_call, node));
	multi_free(upstream->multi);
	free(upstream);
}

struct upstream_call *
upstream_start(struct upstream *upstream,
    const struct upstream_request *request,
    const struct upstream_events *events, void *context)
{
	struct upstream_call *call = call_take(upstream);

	call->events = events;
	call->context = context;
	set_request(call, request);
	metric_add(METRIC_GATEWAY_UPSTREAM_ATTEMPTS, 1);
	curl_multi_add_handle(multi_handle(upstream->multi), call->easy);
	return call;
}

void
upstream_cancel(struct upstream_call *call)
{
	curl_multi_remove_handle(
	    multi_handle(call->upstream->multi), call->easy);
	call_give_back(call);
}

void
upstream_pause(struct upstream_call *call)
{
	call->paused = true;
}

void
upstream_resume(struct upstream_call *call)
{
	if (!call->paused)
		return;
	call->paused = false;
	curl_easy_pause(call->easy, CURLPAUSE_CONT);
}

bool
upstream_has_sent(struct upstream_call *call)
{
	curl_off_t sent = 0;

	curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	return (size_t)sent >= call->body_len;
}

static enum upstream_result
result_of(const struct upstream_call *call, CURLcode code)
{
	if (call->refused_address && !call->head_told)
		return UPSTREAM_REFUSED_ADDRESS;
	switch (code) {
	case CURLE_OK:
		return UPSTREAM_COMPLETE;
	case CURLE_OPERATION_TIMEDOUT:
		return UPSTREAM_TIMED_OUT;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return UPSTREAM_NO_CONNECTION;
	default:
		return UPSTREAM_BROKEN;
	}
}

void
upstream_turn(struct upstream *upstream)
{
	CURL *easy;
	CURLcode code;

	multi_turn(upstream->multi);
	while ((easy = multi_next_done(upstream->multi, &code)) != NULL) {
		struct upstream_call *call;
		const struct upstream_events *events;
		void *context;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&call);
		events = call->events;
		context = call->context;
		enum upstream_result result = result_of(call, code);

		call_give_back(call);
		events->on_done(context, result, curl_easy_strerror(code));
	}
}
