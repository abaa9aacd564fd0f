/* settings.c - see settings.h. */
#include "controlplane/settings.h"

#include <stddef.h>

#include "common/arena.h"

#define AT(field) offsetof(struct control_settings, field)

#define MIB (1 << 20)

#define EVERYWHERE                                                      \
	{ "database-url", SETTING_TEXT, AT(database_url), "", 0, 0,     \
		"Where PostgreSQL is, as libpq understands it." },      \
	    { "keyring", SETTING_TEXT, AT(keyring), "keyring", 0, 0,    \
		    "Directory of this control plane's own keys." },    \
	{                                                               \
		"log-level", SETTING_TEXT, AT(log_level), "info", 0, 0, \
		    "debug, info, warn or error."                       \
	}

static const struct setting serve[] = {
	EVERYWHERE,
	{ "admin-listen", SETTING_TEXT, AT(admin_listen), "127.0.0.1:9090", 0,
	    0, "Address of the admin API." },
	{ "admin-workers", SETTING_INT, AT(admin_workers), "8", 1, 256,
	    "Threads of the admin API, each with a database connection." },
	{ "admin-queue-max", SETTING_INT, AT(admin_queue_max), "256", 1, 65536,
	    "Calls that may wait for one of them." },
	{ "admin-body-max-bytes", SETTING_INT, AT(admin_body_max_bytes),
	    "1048576", 1024, 64 * MIB, "Largest body of an admin call." },
	{ "probe-listen", SETTING_TEXT, AT(probe_listen), "127.0.0.1:9091", 0,
	    0, "Address of /livez, /readyz and /metrics." },
	{ "link-listen", SETTING_TEXT, AT(link_listen),
	    "tls+tcp://127.0.0.1:7601", 0, 0,
	    "Where gateways ask; tcp:// is for tests only." },
	{ "bell-listen", SETTING_TEXT, AT(bell_listen),
	    "tls+tcp://127.0.0.1:7602", 0, 0,
	    "Where gateways hear of new configurations." },
	{ "tls-ca", SETTING_TEXT, AT(tls_ca), "", 0, 0,
	    "PEM file of the authority that signs the link's certificates." },
	{ "tls-cert", SETTING_TEXT, AT(tls_cert), "", 0, 0,
	    "PEM file of the link's own certificate." },
	{ "tls-key", SETTING_TEXT, AT(tls_key), "", 0, 0,
	    "PEM file of that certificate's key." },
	{ "link-workers", SETTING_INT, AT(link_workers), "4", 1, 256,
	    "Threads of the link, each with a database connection." },
	{ "link-message-max-bytes", SETTING_INT, AT(link_message_max_bytes),
	    "1048576", 65536, 8 * MIB, "Largest question of a gateway." },
	{ "snapshot-max-bytes", SETTING_INT, AT(snapshot_max_bytes),
	    "536870912", MIB, 4096LL * MIB, "Largest configuration." },
	{ "lkg-max-age-s", SETTING_INT, AT(lkg_max_age_s), "86400", 0,
	    366 * 86400,
	    "Seconds a gateway may start from the configuration on its disk." },
	{ "heartbeat-ms", SETTING_INT, AT(heartbeat_ms), "5000", 100, 60000,
	    "Milliseconds between heartbeats of a gateway." },
	{ "usage-batch-max-records", SETTING_INT, AT(usage_batch_max_records),
	    "1000", 1, 100000, "Most usage records of one batch." },
	{ "usage-batch-max-bytes", SETTING_INT, AT(usage_batch_max_bytes),
	    "262144", 4096, 8 * MIB, "Most bytes of one usage batch." },
	{ "migrate", SETTING_FLAG, AT(migrate), "false", 0, 0,
	    "Bring the database's schema forward first." },
};

static const struct setting commands[] = {
	EVERYWHERE,
	{ "name", SETTING_TEXT, AT(name), "", 0, 0,
	    "Name of what is created." },
	{ "max-uses", SETTING_INT, AT(max_uses), "1", 1, 100000,
	    "How many gateways may enrol with the token." },
	{ "valid-hours", SETTING_INT, AT(valid_hours), "0", 0, 87600,
	    "Hours until the token expires; 0: one hour for an enrolment, "
	    "never for an admin token." },
	{ "status", SETTING_FLAG, AT(status), "false", 0, 0,
	    "migrate: only show what has been applied." },
};

const struct settings_table settings_of_serve = { serve, ARRAY_LEN(serve) };
const struct settings_table settings_of_commands = { commands,
	ARRAY_LEN(commands) };

enum status
settings_address(struct arena *arena, const char *text, const char **out_host,
    int64_t *out_port)
{
	struct str whole = str_from(text);
	size_t colon = whole.len;
	int64_t port;

	while (colon > 0 && whole.ptr[colon - 1] != ':')
		colon--;
	if (colon < 2 || str_to_i64(str_skip(whole, colon), &port) != OK ||
	    port < 0 || port > 65535)
		return E_INVALID;

	struct str host = str_head(whole, colon - 1);
	if (str_has_prefix(host, STR("[")) && str_has_suffix(host, STR("]")))
		host = str_head(str_skip(host, 1), host.len - 2);
	*out_host = str_cstr(arena, host);
	*out_port = port;
	return OK;
}
