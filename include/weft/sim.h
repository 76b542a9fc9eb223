/* SPDX-License-Identifier: MIT */
/**
 * DOC: weft sim - many stacks in one process, in virtual time
 *
 * A world holds nodes (each owns a stack), bridges (learning switches and hubs), links between
 * their ports, and actors (scripted applications). It drives the stacks, carries their frames and
 * moves the clock from event to event. It never reads a clock and draws every random choice from
 * its seed: the same calls and the same seed give the same trace hash on every machine. A generator
 * of its own for each link and direction, seeded by the link's name, keeps the fates of one link's
 * frames apart from those of the others.
 *
 * Frames are lent from stack to stack; a link holds a reference while one is under way. Only a
 * corrupted frame, and every frame of a copying link, is a copy.
 *
 * Real time is the caller's business: ask weft_world_next(), wait, weft_world_run().
 *
 * One include for all of it; each subject has its header.
 */
#ifndef WEFT_SIM_H
#define WEFT_SIM_H

#include "weft/actor.h"
#include "weft/bridge.h"
#include "weft/script.h"
#include "weft/swarm.h"
#include "weft/world.h"

#endif /* WEFT_SIM_H */
