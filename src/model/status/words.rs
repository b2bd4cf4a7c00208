//! The status words of loops, in the languages that agents write.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Status;
use crate::model::Claim;

pub(super) const KEEP: &str = "keep, kept, keeping, retain, retained, accept, accepted, adopt, adopted, approve, approved, merge, merged, promote, promoted, commit, \
    committed, ship, shipped, improve, improved, improvement, better, best, new best, new_best, new-best, newbest, win, winner, faster, gain, champion, \
    landed, advance, advanced, kept_best, improves, selected, \
    保留, 保持, 接受, 采纳, 采用, 改进, 有效, 改善, 개선, лучше, mejor, besser, meilleur, 採用, 維持, 유지, 채택, mantener, mantenido, conservar, conservado, aceptado, aceptar, manter, mantido, aceito, \
    garder, gardé, conservé, accepté, retenu, behalten, beibehalten, übernommen, angenommen, akzeptiert, tenuto, mantenuto, accettato, \
    оставить, оставлено, сохранено, принято, kabul, kabul edildi, tutuldu, zachowane, przyjęte, behouden, giữ, giữ lại, bevara, behåll, beholdt, \
    лучше, 提升, 有提升, 採納, 已保留, 已采纳, 已採用, 留, キープ, 残す, 개선";
pub(super) const DISCARD: &str = "discard, discarded, reject, rejected, revert, reverted, drop, dropped, worse, regress, regressed, regression, no improvement, \
    no_improvement, non_improvement, not improved, not better, no better, degraded, degradation, degrades, slower, loss, no gain, no_gain, rollback, roll back, rolled back, rolled_back, rolled-back, reset, pruned, undo, undone, abandon, abandoned, remove, \
    removed, decline, declined, denied, veto, vetoed, lose, lost, loser, not kept, not_kept, not adopted, not accepted, no keep, don't keep, unkept, \
    丢弃, 放弃, 拒绝, 未采纳, 不保留, 不采用, 无效, 悪化, 악화, хуже, peor, schlechter, pire, 回滚, 撤销, 回退, 舍弃, 破棄, 却下, 不採用, 폐기, 기각, descartar, descartado, rechazado, revertido, rejeitado, rejeté, abandonné, annulé, écarté, \
    verworfen, abgelehnt, zurückgesetzt, scartato, rifiutato, отклонено, отброшено, отменено, откат, reddedildi, iptal, odrzucone, odrzucony, verworpen, bỏ, \
    förkastad, forkastet, \
    thrown away, scrapped, backed out, shelved, 无提升, 没有提升, 未提升, 已回退, 已回滚, 已撤销, 已丢弃, 已放弃, 弃用, 弃, 淘汰, 退化, 捨棄, 還原, 改善なし, \
    見送り, 棄却, ボツ, 取り消し, 元に戻す, 되돌림, 버림";
pub(super) const FAIL: &str = "crash, crashed, fail, failed, failure, error, errored, err, oom, out of memory, out_of_memory, exception, abort, aborted, killed, hang, hung, \
    segfault, invalid, nan, diverge, diverged, divergence, exploded, broken, build_failed, build failed, compile_error, compile error, \
    compilation_failed, compilation error, syntax error, syntax_error, runtime_error, runtime error, unsuccessful, \
    wrong answer, incorrect, exit 1, compile fail, build fail, \
    失败, 崩溃, 错误, 出错, 失敗, クラッシュ, エラー, 실패, 오류, fallo, fallido, falló, falha, falhou, échec, échoué, planté, fehlgeschlagen, fehler, abgestürzt, \
    fallito, errore, ошибка, сбой, провал, hata, başarısız, błąd, mislukt, lỗi, \
    报错, 异常, 显存溢出, 内存溢出, 異常";
pub(super) const TIMED_OUT: &str = "timeout, timed out, timed_out, time out, time_out, time limit, tle, deadline, 超时, タイムアウト, 시간초과, tiempo agotado, zeitüberschreitung, таймаут";
pub(super) const NEUTRAL: &str = "baseline, base, start, initial, reference, run, ran, done, complete, completed, finished, ok, okay, success, succeeded, successful, pass, passed, \
    valid, pending, tentative, running, in progress, in_progress, queued, planned, todo, waiting, started, skip, skipped, no-op, noop, no op, \
    no change, no_change, unchanged, same, equal, tie, draw, flat, neutral, mixed, inconclusive, repair, repaired, support, green, amber, red, yellow, info, note, test, tested, measured, evaluated, \
    checks_failed, checks failed, duplicate, confirm, confirmed, confirmation, repeat, rerun, retry, unknown, n/a, na, none, -, tbd, manual, final, seed, \
    基线, 待定, 完成, 通过, ベースライン, 保留中, 기준선, 대기, línea base, referencia, référence, базовый, базовая линия";

/// The known words; a word in two lists has the meaning of the first.
pub(super) static WORDS: LazyLock<HashMap<&str, Status>> = LazyLock::new(|| {
    let lists = [
        (NEUTRAL, Status::Neutral),
        (TIMED_OUT, Status::Claim(Claim::Crash)),
        (FAIL, Status::Claim(Claim::Crash)),
        (DISCARD, Status::Claim(Claim::Discard)),
        (KEEP, Status::Claim(Claim::Keep)),
    ];
    lists.iter().flat_map(|(list, status)| list.split(',').map(|word| (word.trim(), *status))).collect()
});

/// True for a word in one of these comma-separated lists.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split(',').any(|known| known.trim() == word)
}
