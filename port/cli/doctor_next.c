/* doctor_next.c - `quoth doctor` for who may not wait: one machine after the other.
 *
 *   each family:  host --lookup--> address --talk--> the next address, or host --names--> over
 *
 * SPDX-License-Identifier: MIT */
#include "doctor.h"
#include "sock.h"

/* The next address of the host that is called. NULL: no more, or it was reached. */
static const struct app_machine *next_call(struct doctor_run *run, struct doctor_call *call)
{
    const struct quoth_route *route = &run->route;

    while (run->next < route->ip_n && !call->connected && run->tries < DOCTOR_TRIES) {
        const struct quoth_ip *ip = &route->ip[run->next++];
        if (!quoth_target_ok(&run->setup->conf.targets, ip))
            continue;
        call->peer = (struct quoth_peer) {*ip, run->o->sandbox ? run->o->sandbox : 25};
        run->tries++;
        doctor_converse(run, call);
        return &doctor_talk;
    }
    return NULL;
}

/* What is asked next in this family; NULL: nothing more. */
static const struct app_machine *next_side(struct doctor_run *run, struct doctor_side *side)
{
    const struct app_machine *machine = NULL;

    if (!side->on || run->machine == &doctor_names)
        return NULL;
    if (side->calls)
        machine = next_call(run, &side->call[side->calls - 1]);
    while (!machine && run->via[side->calls] && run->facts.helo) {
        struct doctor_call *call = &side->call[side->calls];
        call->host = run->via[side->calls++];
        run->next = run->tries = 0;
        machine = doctor_resolve(run, call->host, side->family == 4 ? 4 : 16)
                      ? &doctor_lookup
                      : next_call(run, call);
    }
    if (machine)
        return machine;
    doctor_address(side, &run->seen);
    doctor_ask(run, side, 0);
    return &doctor_names;
}

static void doctor_next(struct doctor_run *run)
{
    for (; run->side < 2; run->side++) {
        struct doctor_side *side = &run->facts.side[run->side];
        if (run->machine == &doctor_talk)
            doctor_talked(run, &side->call[side->calls - 1]);
        else if (run->machine == &doctor_names)
            side->facts = run->identity.facts;
        if (app_seed(run->seed, sizeof run->seed))
            break;
        run->machine = next_side(run, side);
        if (run->machine)
            return;
    }
    run->machine = NULL;
}

int doctor_step(struct doctor_run *run, struct quoth_want *want)
{
    while (run->machine) {
        if (!app_ask_step(run->machine, run, &run->wire, want))
            return 0;
        doctor_next(run);
    }
    run->facts.ms = (uint32_t)(quoth_sock_port.now() - run->domain.slot.v.start);
    return 1;
}

void doctor_start(struct doctor_run *run)
{
    run->domain.slot.v.start = quoth_sock_port.now();
    doctor_sides(run);
    doctor_next(run);
}
