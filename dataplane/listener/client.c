/*
 * client.c - see client.h for the idea.
 */
#include "dataplane/listener/client.h"

#include <sys/socket.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "dataplane/settings.h"

void
client_start_idle(struct client *client, struct list *readers, int64_t now_ns)
{
	client_start_head(client, now_ns);
	client->idle = true;
	list_remove(&client->reading);
	list_append(readers, &client->reading);
}

void
client_start_head(struct client *client, int64_t now_ns)
{
	client->since_ns = now_ns;
	client->idle = false;
	client->head_done = false;
	client->body_bytes = 0;
}

void
client_start_body(struct client *client, int64_t now_ns)
{
	client->since_ns = now_ns;
	client->head_done = true;
}

void
client_stop_reading(struct client *client)
{
	list_remove(&client->reading);
}

static bool
is_head_late(const struct client *client, const struct settings *settings,
    int64_t age_ns)
{
	if (client->idle)
		return age_ns > settings->keepalive_s * NS_PER_S;
	return age_ns > settings->header_deadline_ms * NS_PER_MS;
}

static bool
is_body_late(const struct client *client, const struct settings *settings,
    int64_t age_ns)
{
	int64_t past_grace_ns = age_ns - settings->body_grace_ms * NS_PER_MS;

	if (past_grace_ns <= 0)
		return false;
	return (int64_t)client->body_bytes <
	    settings->body_rate_min * (age_ns / NS_PER_S);
}

void
client_reap(
    struct list *readers, const struct settings *settings, int64_t now_ns)
{
	LIST_FOREACH (node, readers) {
		struct client *client =
		    container_of(node, struct client, reading);
		int64_t age_ns = now_ns - client->since_ns;
		bool late = client->head_done
		    ? is_body_late(client, settings, age_ns)
		    : is_head_late(client, settings, age_ns);

		if (!late)
			continue;
		metric_add(client->head_done ? METRIC_GATEWAY_DEADLINE_BODY
					     : METRIC_GATEWAY_DEADLINE_HEADER,
		    1);
		list_remove(&client->reading);
		shutdown(client->source.fd, SHUT_RDWR);
	}
}
