/*
 * db.c - libpq behind db.h.
 *
 * A connection that may be dead is noticed before a statement is sent on it
 * (the server's goodbye is already in the socket), so a restart of PostgreSQL
 * costs at most the statements that were running at that moment.
 */
#include "controlplane/store/db.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/map.h"
#include "controlplane/store/result.h"

#define RECONNECT_NS NS_PER_S
#define STATEMENTS_MAX 512 /* prepared ones of a connection */
#define PARAMS_MAX 64
#define NAME_SIZE 16

struct db {
	PGconn *conn;
	char *url;
	char *application_name;
	int statement_timeout_ms;
	int64_t next_attempt_ns;
	bool is_away;	       /* said so in the log */
	struct map statements; /* SQL text -> its name */
	bool is_listening;
	bool is_stale;	    /* they do not fit the tables any more */
	struct arena names; /* as long as the connection */
	char constraint[64];
	char fault[256];
};

struct db *
db_open(const char *url, const char *application_name)
{
	struct db *db = calloc(1, sizeof(*db));

	if (!db)
		abort();
	db->url = strdup(url);
	db->application_name = strdup(application_name);
	if (!db->url || !db->application_name)
		abort();
	map_init(&db->statements);
	arena_init(&db->names, 0);
	return db;
}

static void
forget_statements(struct db *db)
{
	map_done(&db->statements);
	map_init(&db->statements);
	arena_reset(&db->names);
	db->is_stale = false;
}

static void
disconnect(struct db *db)
{
	PQfinish(db->conn);
	db->conn = NULL;
	db->is_listening = false;
	forget_statements(db);
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	disconnect(db);
	map_done(&db->statements);
	arena_done(&db->names);
	free(db->url);
	free(db->application_name);
	free(db);
}

void
db_set_statement_timeout(struct db *db, int timeout_ms)
{
	assert(timeout_ms >= 0);
	db->statement_timeout_ms = timeout_ms;
}

/* What the server says unasked (NOTICE) is of no use to anybody here. */
static void
ignore_notice(void *context, const PGresult *result)
{
}

static void
remember_fault(struct db *db, const char *text)
{
	size_t len = strcspn(text, "\n");

	snprintf(db->fault, sizeof(db->fault), "%.*s",
	    (int)size_min(len, sizeof(db->fault) - 1), text);
}

static enum status
connect_now(struct db *db)
{
	char options[192];
	snprintf(options, sizeof(options),
	    "-c statement_timeout=%d -c timezone=UTC -c datestyle=ISO "
	    "-c bytea_output=hex -c idle_in_transaction_session_timeout=60000",
	    db->statement_timeout_ms);

	const char *const keys[] = { "dbname", "application_name", "options",
		"connect_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "client_encoding",
		NULL };
	const char *const values[] = { db->url, db->application_name, options,
		"3", "10", "5", "3", "20000", "UTF8", NULL };
	static_assert(ARRAY_LEN(keys) == ARRAY_LEN(values));

	db->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(db->conn) == CONNECTION_OK) {
		PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
		if (db->is_away)
			log_info("database_back",
			    log_cstr("pool", db->application_name));
		db->is_away = false;
		return OK;
	}
	remember_fault(db, PQerrorMessage(db->conn));
	if (!db->is_away)
		log_warn("database_away",
		    log_cstr("pool", db->application_name),
		    log_cstr("fault", db->fault));
	db->is_away = true;
	disconnect(db);
	return E_UNAVAILABLE;
}

/* Has the server closed this connection while nobody used it? */
static bool
has_gone(PGconn *conn)
{
	struct pollfd pollfd = { .fd = PQsocket(conn), .events = POLLIN };

	for (int turn = 0; turn < 4 && poll(&pollfd, 1, 0) > 0; turn++) {
		if (!PQconsumeInput(conn))
			return true;
	}
	return PQstatus(conn) != CONNECTION_OK;
}

static enum status
ensure_connected(struct db *db)
{
	if (db->conn && !db_is_in_transaction(db) && has_gone(db->conn))
		disconnect(db);
	if (db->conn)
		return OK;

	int64_t now_ns = clock_mono_ns();
	if (now_ns < db->next_attempt_ns)
		return E_UNAVAILABLE;
	db->next_attempt_ns = now_ns + RECONNECT_NS;
	return connect_now(db);
}

bool
db_is_in_transaction(const struct db *db)
{
	if (!db->conn)
		return false;
	PGTransactionStatusType state = PQtransactionStatus(db->conn);
	return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

/* What a failure means for the connection. */
enum aftermath { KEEP, DISCONNECT, FORGET };

/* SQLSTATEs by prefix, the longest first where they overlap. */
static const struct {
	const char *prefix;
	enum status status;
	enum aftermath aftermath;
} sqlstates[] = {
	{ "57014", E_TIMEOUT, KEEP },		/* statement_timeout */
	{ "55P03", E_TIMEOUT, KEEP },		/* lock_timeout */
	{ "40", E_UNAVAILABLE, KEEP },		/* serialization, deadlock */
	{ "23", E_CONFLICT, KEEP },		/* constraints */
	{ "22", E_INVALID, KEEP },		/* values out of range */
	{ "53", E_UNAVAILABLE, KEEP },		/* disk, memory, connections */
	{ "58", E_UNAVAILABLE, KEEP },		/* input and output */
	{ "08", E_UNAVAILABLE, DISCONNECT },	/* connection */
	{ "57P", E_UNAVAILABLE, DISCONNECT },	/* shutdown, start-up */
	{ "25P03", E_UNAVAILABLE, DISCONNECT }, /* idle in transaction */
	{ "25006", E_UNAVAILABLE, DISCONNECT }, /* has become a standby */
	{ "26000", E_UNAVAILABLE, FORGET },	/* statement is gone */
	{ "0A000", E_UNAVAILABLE, FORGET },	/* its result type changed */
};

/* The status of a failed statement; takes the result. */
static enum status
fail(struct db *db, PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *constraint =
	    PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
	enum status s = state ? E_INTERNAL : E_UNAVAILABLE;
	bool disconnects = !state || PQstatus(db->conn) != CONNECTION_OK;

	remember_fault(db, text ? text : PQerrorMessage(db->conn));
	for (size_t i = 0; state && i < ARRAY_LEN(sqlstates); i++) {
		const char *prefix = sqlstates[i].prefix;
		if (strncmp(state, prefix, strlen(prefix)) != 0)
			continue;
		s = sqlstates[i].status;
		disconnects |= sqlstates[i].aftermath == DISCONNECT;
		db->is_stale = sqlstates[i].aftermath == FORGET;
		break;
	}
	if (s == E_CONFLICT && constraint)
		snprintf(
		    db->constraint, sizeof(db->constraint), "%s", constraint);
	if (s == E_INTERNAL)
		log_error("statement_failed", log_cstr("sqlstate", state),
		    log_cstr("fault", db->fault));
	PQclear(result);
	if (disconnects)
		disconnect(db);
	return s;
}

/* Takes the result when it is a failure; gives it to *out otherwise. */
static enum status
finish(struct db *db, PGresult *result, PGresult **out)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		*out = result;
		return OK;
	default:
		return fail(db, result);
	}
}

static enum status
finish_empty(struct db *db, PGresult *result)
{
	PGresult *done = NULL;
	enum status s = finish(db, result, &done);

	if (s == OK)
		PQclear(done);
	return s;
}

static enum status
start(struct db *db)
{
	db->constraint[0] = '\0';
	db->fault[0] = '\0';
	enum status s = ensure_connected(db);
	if (s != OK || !db->is_stale || db_is_in_transaction(db))
		return s;
	forget_statements(db);
	return finish_empty(db, PQexec(db->conn, "DEALLOCATE ALL"));
}

/*
 * The name of the prepared statement, "" for the unnamed one: past
 * STATEMENTS_MAX a text is not worth keeping.
 */
static enum status
prepare(struct db *db, const char *sql, const char **out_name)
{
	struct str text = str_from(sql);
	char *name = map_get(&db->statements, text);

	if (name) {
		*out_name = name;
		return OK;
	}
	bool keep = map_count(&db->statements) < STATEMENTS_MAX;
	name = arena_alloc(&db->names, NAME_SIZE);
	if (keep)
		snprintf(name, NAME_SIZE, "s%zu", map_count(&db->statements));

	enum status s =
	    finish_empty(db, PQprepare(db->conn, name, sql, 0, NULL));
	if (s != OK)
		return s;
	if (keep)
		map_put(&db->statements, str_copy(&db->names, text), name);
	*out_name = keep ? name : "";
	return OK;
}

struct bound {
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	int formats[PARAMS_MAX];
};

/* E_INVALID for a text with a NUL in it, which PostgreSQL cannot hold. */
static enum status
bind(struct arena *arena, const struct db_param *params, size_t count,
    struct bound *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct db_param *param = &params[i];

		out->values[i] = NULL;
		out->lengths[i] = 0;
		out->formats[i] = param->is_bytes;
		if (param->is_null)
			continue;
		if (param->is_bytes) {
			out->values[i] = param->text.ptr ? param->text.ptr : "";
			out->lengths[i] = (int)param->text.len;
			continue;
		}
		if (param->number[0]) {
			out->values[i] = param->number;
			continue;
		}
		if (str_find_char(param->text, '\0') >= 0)
			return E_INVALID;
		out->values[i] = str_cstr(arena, param->text);
	}
	return OK;
}

static enum status
run(struct db *db, const char *sql, const struct bound *bound, int count,
    PGresult **out)
{
	const char *name = "";
	enum status s = start(db);

	if (s == OK)
		s = prepare(db, sql, &name);
	if (s != OK)
		return s;
	return finish(db,
	    PQexecPrepared(db->conn, name, count, bound->values, bound->lengths,
		bound->formats, 0),
	    out);
}

enum status
db_run(struct db *db, struct arena *arena, const char *sql,
    const struct db_param *params, size_t count, const struct db_rows **out)
{
	struct bound bound;
	PGresult *result = NULL;

	assert(count <= PARAMS_MAX);
	enum status s = bind(arena, params, count, &bound);
	if (s != OK)
		return s;
	s = run(db, sql, &bound, (int)count, &result);
	if (s != OK && db->is_stale && !db_is_in_transaction(db))
		s = run(db, sql, &bound, (int)count, &result);
	if (s != OK)
		return s;

	const struct db_rows *rows = rows_take(arena, result);
	if (out)
		*out = rows;
	return OK;
}

enum status
db_run_script(struct db *db, const char *sql)
{
	enum status s = start(db);

	return s == OK ? finish_empty(db, PQexec(db->conn, sql)) : s;
}

enum status
db_ping(struct db *db)
{
	return db_run_script(db, "SELECT 1");
}

enum status
db_copy(struct db *db, const char *sql, struct str content)
{
	enum status s = start(db);

	if (s != OK)
		return s;
	PGresult *result = PQexec(db->conn, sql);
	if (PQresultStatus(result) != PGRES_COPY_IN)
		return fail(db, result);
	PQclear(result);

	/* A failure of either call shows in the result that follows. */
	PQputCopyData(db->conn, content.ptr, (int)content.len);
	PQputCopyEnd(db->conn, NULL);
	s = finish_empty(db, PQgetResult(db->conn));
	while (db->conn && (result = PQgetResult(db->conn)))
		PQclear(result);
	return s;
}

enum status
db_listen(struct db *db, const char *channel)
{
	char sql[80];

	assert(strlen(channel) < 60);
	snprintf(sql, sizeof(sql), "LISTEN \"%s\"", channel);
	enum status s = db_run_script(db, sql);
	db->is_listening = s == OK;
	return s;
}

static bool
take_notifications(PGconn *conn)
{
	PGnotify *note;
	bool any = false;

	while ((note = PQnotifies(conn))) {
		PQfreemem(note);
		any = true;
	}
	return any;
}

enum status
db_wait_notify(struct db *db, int timeout_ms, int wake_fd)
{
	if (!db->is_listening)
		return E_UNAVAILABLE;
	if (take_notifications(db->conn))
		return OK;

	struct pollfd pollfds[] = {
		{ .fd = PQsocket(db->conn), .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};
	if (poll(pollfds, ARRAY_LEN(pollfds), timeout_ms) <= 0)
		return E_TIMEOUT;
	if (pollfds[1].revents)
		return E_CANCELLED;
	if (has_gone(db->conn)) {
		remember_fault(db, PQerrorMessage(db->conn));
		disconnect(db);
		return E_UNAVAILABLE;
	}
	return take_notifications(db->conn) ? OK : E_TIMEOUT;
}

const char *
db_constraint(const struct db *db)
{
	return db->constraint;
}

const char *
db_fault(const struct db *db)
{
	return db->fault;
}
