"""Backends that each break one law: what the kit must catch, or it is worth nothing.

Every one of them is the numpy reference with one defect.
"""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.testing.saboteurs import claims, sessions, troubles, values
from isomorph.testing.saboteurs.honest import Honest

__all__ = ["SABOTEURS", "Honest"]

SABOTEURS: Mapping[type[Honest], str] = {
    claims.ListsNoDevice: "test_devices",
    claims.UnavailableWithoutAdvice: "test_devices",
    claims.ClaimsNothing: "test_claims_are_not_vacuous",
    claims.OverClaims: "test_claim_is_honest",
    claims.GivesNoReason: "test_claim_is_honest",
    claims.ClaimsAnotherDevice: "test_claim_is_honest",
    claims.ClaimsHalfPrecision: "test_claim_is_honest",
    claims.QuantizesUnasked: "test_claim_is_honest",
    claims.BoundsFixedShapes: "test_claim_is_honest",
    claims.ClaimsByTurns: "test_claim_is_pure",
    claims.ClaimsLessOfPrefixes: "test_claim_is_monotone",
    claims.ReadsWeightsToClaim: "test_claim_reads_no_weights",
    values.IgnoresMask: "test_numbers_agree",
    values.SwapsTypes: "test_numbers_agree",
    values.IsWrongInTheMiddle: "test_every_cut_agrees",
    values.ReturnsFloat64: "test_outputs_are_exact",
    values.ReturnsLists: "test_outputs_are_exact",
    values.ReturnsFortranOrder: "test_outputs_are_exact",
    values.DropsAnOutput: "test_outputs_are_exact",
    values.AddsAnOutput: "test_outputs_are_exact",
    values.LosesAFeature: "test_widths_are_told",
    values.WritesIntoFeeds: "test_feeds_are_untouched",
    values.MixesRows: "test_rows_are_independent",
    values.DependsOnWidth: "test_rows_are_independent",
    values.HearsPadding: "test_sounds_are_independent",
    values.SeesPadding: "test_messages_are_independent",
    values.IsNearlySteady: "test_rows_are_steady",
    values.IsSteadyForSomeThreads: "test_threads_change_no_bit",
    values.ReusesItsBuffer: "test_sessions_are_reusable",
    values.IsNotThreadSafe: "test_threads_agree",
    troubles.OpensFilesUnguarded: "test_failed_loads_say_why",
    troubles.TakesAnyArithmetic: "test_failed_loads_say_why",
    troubles.NeverRecovers: "test_failed_loads_say_why",
    troubles.KeepsEveryResult: "test_memory_does_not_grow",
    sessions.ClosesItsNeighbour: "test_neighbours_are_independent",
    sessions.StaysOpen: "test_sessions_close",
    sessions.ClosesOnce: "test_sessions_close",
    sessions.LiesAboutArithmetic: "test_effective_is_honest",
    sessions.LiesAboutWeights: "test_effective_is_honest",
    sessions.FallsBackSilently: "test_effective_is_honest",
    sessions.HandsOutMoreThanItSays: "test_effective_is_honest",
    sessions.TakesMoreThreads: "test_effective_is_honest",
    sessions.IgnoresArithmetic: "test_arithmetic_is_honoured",
    sessions.TrustsWhatItKept: "test_what_is_kept_is_the_same",
    sessions.ReadsOtherThanItKept: "test_what_is_kept_is_the_same",
    sessions.TakesAnyOption: "test_unknown_options_are_refused",
    sessions.ClaimsLessOnceSaved: "test_saving_round_trips",
    sessions.SavesOtherValues: "test_saving_round_trips",
    sessions.SavesElsewhere: "test_saving_round_trips",
}
"""Each saboteur, and the test that must fail on it."""
