/* SPDX-License-Identifier: MIT */
/** DOC: svc - the facade: engines that the stack itself carries */
#ifndef WF_SVC_SVC_H
#define WF_SVC_SVC_H

#include "svc/rarp.h"

#endif /* WF_SVC_SVC_H */
