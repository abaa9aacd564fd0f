/*
 * probe.c - three paths, answered in MHD's own thread.
 */
#include "common/probe.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "common/emit.h"
#include "common/listen.h"
#include "common/metrics.h"

#define BACKLOG 64
#define ANSWER_MAX_BYTES (1u << 20)
#define IDLE_TIMEOUT_S 15u
#define CONNECTIONS_MAX 64u

struct probe { /* lifetime: process */
	struct probe_config config;
	struct MHD_Daemon *daemon;
};

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned status, const char *type,
    struct buf *body)
{
	struct str content = buf_str(body);
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    content.len, (void *)(uintptr_t)content.ptr, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", type);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static unsigned
write_readiness(const struct probe_config *config, struct buf *body)
{
	struct emit e;
	struct buf why;
	bool ready;

	buf_init(&why, 1024);
	ready = config->is_ready(config->context, &why);
	emit_init(&e, body);
	emit_object_open(&e);
	emit_field_cstr(&e, "status", ready ? "ready" : "not_ready");
	if (!ready)
		emit_field_str(&e, "reason", buf_str(&why));
	emit_object_close(&e);
	buf_done(&why);
	return ready ? 200 : 503;
}

static enum MHD_Result
on_access(void *context, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **slot)
{
	const struct probe_config *config = &((struct probe *)context)->config;
	const char *type = "application/json";
	unsigned status = 200;
	enum MHD_Result result;
	struct buf body;

	if (strcmp(method, "GET") != 0)
		return MHD_NO;
	buf_init(&body, ANSWER_MAX_BYTES);
	if (strcmp(url, "/livez") == 0) {
		buf_add_cstr(&body, "{\"status\":\"alive\"}");
	} else if (strcmp(url, "/readyz") == 0) {
		status = write_readiness(config, &body);
	} else if (strcmp(url, "/metrics") == 0) {
		if (config->refresh != NULL)
			config->refresh(config->context);
		type = "text/plain; version=0.0.4";
		metrics_write(&body, str_from(config->metrics_prefix));
	} else {
		buf_add_cstr(&body, "{\"status\":\"not_found\"}");
		status = 404;
	}
	result = answer(connection, status, type, &body);
	buf_done(&body);
	return result;
}

struct probe *
probe_open(const struct probe_config *config)
{
	struct probe *probe = calloc(1, sizeof(*probe));
	int fd;

	if (probe == NULL)
		abort();
	probe->config = *config;
	if (listen_open(config->listen, BACKLOG, 1, &fd) != OK) {
		free(probe);
		return NULL;
	}
	probe->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL,
	    NULL, on_access, probe, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_END);
	if (probe->daemon == NULL) {
		free(probe);
		return NULL;
	}
	return probe;
}

void
probe_close(struct probe *probe)
{
	if (probe == NULL)
		return;
	MHD_stop_daemon(probe->daemon);
	free(probe);
}
