/*
 * pipeline.c - what happens to a request.  Read this first.
 *
 * A stage returns OK (go on), PENDING (its event runs the driver again) or an
 * error, which refuses the request.  Stages answer nothing themselves; what
 * comes back from a provider is response.c's.
 */
#include "dataplane/pipeline.h"

#include <string.h>

#include "dataplane/admission/admission.h"
#include "dataplane/auth/auth.h"
#include "dataplane/listener/refusal.h"
#include "dataplane/models.h"
#include "dataplane/parse.h"
#include "dataplane/request.h"
#include "dataplane/route/route.h"
#include "dataplane/send.h"

const struct stage chat_stages[] = {
	{ "auth", auth_stage },		  /* key       -> principal      */
	{ "parse", parse_stage },	  /* body      -> facts          */
	{ "admit", admission_stage },	  /* principal -> allowed, room  */
	{ "route", route_stage },	  /* model     -> plan           */
	{ "translate", translate_stage }, /* target  -> outbound       */
	{ "send", send_stage },		  /* outbound  -> PENDING        */
	{ NULL, NULL },
};

const struct stage models_stages[] = {
	{ "auth", auth_stage },
	{ "models", models_stage },
	{ NULL, NULL },
};

const struct stage model_stages[] = {
	{ "auth", auth_stage },
	{ "model", model_stage },
	{ NULL, NULL },
};

void
pipeline_run(struct request *req)
{
	const struct stage *stages = req->endpoint->stages;
	enum status s = OK;

	while (s == OK && stages[req->stage].name != NULL)
		s = stages[req->stage++].run(req);

	if (s != OK && s != PENDING)
		refusal_send(req, s);
}

void
pipeline_rewind(struct request *req)
{
	const struct stage *stages = req->endpoint->stages;

	req->stage = 0;
	while (strcmp(stages[req->stage].name, "translate") != 0)
		req->stage++;
	pipeline_run(req);
}
