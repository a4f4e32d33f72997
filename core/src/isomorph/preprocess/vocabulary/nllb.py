"""A sentencepiece file of byte pairs alone, for NLLB: fairseq's ids, then the languages of FLORES-200.

NLLB Team 2022, arXiv:2207.04672. transformers 5 leaves the languages out where no file lists them, and their
token becomes the unknown one; here they have the ids that the published models were trained with.
"""

from __future__ import annotations

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.marked import mark
from isomorph.preprocess.vocabulary.mbart import language
from isomorph.preprocess.vocabulary.piece_pairs import pairs_of, read_pairs
from isomorph.preprocess.vocabulary.unigram import FAIRSEQ, SPACE, mapped

FILE = "sentencepiece.bpe.model"
_ENGLISH = "eng_Latn"
LANGUAGES = """ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn amh_Ethi apc_Arab
    arb_Arab ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn
    bak_Cyrl bam_Latn ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt
    bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn ckb_Arab crh_Latn cym_Latn
    dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn
    ewe_Latn fao_Latn pes_Arab fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gla_Latn
    gle_Latn glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn
    hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn jav_Latn jpn_Jpan kab_Latn
    kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor knc_Arab knc_Latn kaz_Cyrl kbp_Latn
    kea_Latn khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kon_Latn kor_Hang kmr_Latn lao_Laoo
    lvs_Latn lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn
    luo_Latn lus_Latn mag_Deva mai_Deva mal_Mlym mar_Deva min_Latn mkd_Cyrl plt_Latn mlt_Latn
    mni_Beng khk_Cyrl mos_Latn mri_Latn zsm_Latn mya_Mymr nld_Latn nno_Latn nob_Latn npi_Deva
    nso_Latn nus_Latn nya_Latn oci_Latn gaz_Latn ory_Orya pag_Latn pan_Guru pap_Latn pol_Latn
    por_Latn prs_Arab pbt_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Beng
    scn_Latn shn_Mymr sin_Sinh slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn
    spa_Latn als_Latn srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml
    tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi taq_Latn taq_Tfng tpi_Latn tsn_Latn
    tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn urd_Arab
    uzn_Latn vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant zho_Hans
    zho_Hant zul_Latn""".split()


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_pairs(settings, FILE)
    if len(found.pieces) < 4 or 1 in found.kinds[:3]:
        raise BadModel(f"{FILE} in {settings.folder} does not begin with three special pieces.")
    names = [tokens.text(f"{role}_token") for role in ("bos", "pad", "eos", "unk")]
    names += [piece for piece, _ in found.pieces[3:]]
    ids = {name: index for index, name in enumerate(names)}
    pairs = pairs_of(ids, (name for name, _ in found.pieces[3:]))
    back = [*LANGUAGES, tokens.text("mask_token")]
    ids |= {name: len(names) + index for index, name in enumerate(back)}
    if len(ids) != len(names) + len(back):
        raise BadModel(f"{FILE} in {settings.folder} has pieces that stand twice.")
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=pairs, unk_token=names[3], fuse_unk=True))
    steps = [*mapped(found), normalizers.Replace(Regex(" {2,}"), " ")]
    if found.map:
        tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, "always")
    mark(tokenizer, found)
    tokenizer.add_tokens([AddedToken(name, special=True) for name in LANGUAGES])
    return tokenizer


def _framed(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The language before a text and the end token behind it; once, both stood behind it."""
    eos, spoken = tokens.numbered("eos_token", tokenizer), language(settings, tokenizer, _ENGLISH)
    front, back = [spoken[0]], [eos[0]]
    if settings.flag("legacy_behaviour", False):
        front, back = [], [eos[0], spoken[0]]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[*front, "$A", *back],
        pair=[*front, "$A", "$B", *back],
        special_tokens=[eos, spoken],
    )


NLLB = Recipe(
    (FILE,),
    {**plain(**FAIRSEQ), "mask_token": AddedToken("<mask>", lstrip=True, special=True)},
    _build,
    _framed,
)
