// Metric families in packs: what services that move money measure, each pack one struct built from a registry, with
// guards that trace, time and count an operation in one object. Includes all of families/.
//
//   tt::families::http<> http{obs.metrics()};
//
// labels.hpp says how a team gives a pack its own label names; operation.hpp what a guard does on each way out.
#pragma once

#include <telltale/families/escrow.hpp>
#include <telltale/families/http.hpp>
#include <telltale/families/labels.hpp>
#include <telltale/families/operation.hpp>
#include <telltale/families/payment.hpp>
#include <telltale/families/process.hpp>
#include <telltale/families/provider.hpp>
#include <telltale/families/settlement.hpp>
