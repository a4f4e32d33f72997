"""Folders and calls that the two libraries take differently, beyond the grid of calls; each with our test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What is asked for, what each library does, and the test in ``tests/`` that holds our part."""

    asked: str
    theirs: str
    ours: str
    test: str


FOLDERS = (
    Difference(
        "Tensor names behind a prefix that transformers does not strip (`module.`, `0.auto_model.`)",
        "random weights, other ones at each load",
        "the weights, or an error on the backend that loads through transformers",
        "core/files/test_stored_otherwise.py::test_names_behind_a_prefix_give_the_same_vectors_or_are_refused",
    ),
    Difference(
        "A weight file that holds two encoders, one behind a prefix (a student, a base model)",
        "one of the two, in silence",
        "refused by both names",
        "core/files/test_stored_otherwise.py::test_two_encoders_in_one_file_are_refused_by_their_names",
    ),
    Difference(
        "A static model whose table is stored in half precision",
        "sums and results in float16",
        "sums and results in float32",
        "core/files/test_stored_otherwise.py::test_a_static_table_in_half_precision_is_summed_in_float32",
    ),
    Difference(
        "DeBERTa's `spm.model` alone, with a map of characters",
        "transformers 5 leaves the map out",
        "the map is applied, as sentencepiece does",
        "parity/test_vocabularies.py::test_deberta_reads_the_map_of_characters_that_transformers_leaves_out",
    ),
    Difference(
        "Gemma's `tokenizer.model` alone",
        "transformers 5 does not read it: every text is unknown",
        "read; the ids are those of sentencepiece",
        "parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Difference(
        "RemBERT's `sentencepiece.model` alone",
        "transformers 5 leaves `[CLS]` and `[SEP]` out, and takes another piece for the unknown one",
        "both are added, and the unknown piece is the file's",
        "parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Difference(
        "`tokenizer.model` alone under `LlamaTokenizer`, beside a model of another kind (Mistral, Phi-3)",
        "transformers 5 passes over the class, and puts no space before a text",
        "the class that is named counts",
        "core/preprocess/test_sentencepiece.py::test_the_class_that_is_named_counts_whatever_the_kind_of_model",
    ),
    Difference(
        "mLUKE's `sentencepiece.bpe.model` alone (GLuCoSE)",
        "transformers 5 gives each piece its place in the file, one less than its id",
        "the ids that the models were trained with, as transformers 4 gave them",
        "parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Difference(
        "`[MASK]`, `[UNK]` and `[PAD]` in a text for LUKE",
        "transformers 5 takes them for names of entities, with ids beyond the model's",
        "letters, as in transformers 4",
        "parity/test_wide.py::test_ids_of_two_thousand_texts_are_the_recorded_ones",
    ),
    Difference(
        "A map of characters in the sentencepiece file of Llama, mBART or BigBird",
        "left out, in silence",
        "left out, with a warning",
        "core/preprocess/test_sentencepiece.py::test_what_a_class_does_not_follow_is_told",
    ),
    Difference(
        "A text that ends with the end token of ByT5 or SigLIP, `</s>`",
        "the end token is not added once more",
        "the end token is added, as behind any other text",
        "core/preprocess/test_by_hand.py::test_bytes_are_tokens_and_the_end_token_is_added",
    ),
    Difference(
        "A Japanese text of more than 4,096 characters",
        "MeCab splits it as a whole; of a million symbols it ends the process",
        "MeCab splits it in parts, cut behind full stops and spaces",
        "core/preprocess/test_by_hand.py::test_mecab_survives_a_giant_and_its_first_words_stay",
    ),
    Difference(
        "A tokenizer class that splits texts in Python (Juman++, jieba, sacremoses, …)",
        "runs it; beside a `tokenizer.json` sometimes that file instead",
        "refused by name",
        "core/preprocess/test_tokenizer_classes.py::test_a_class_with_code_of_its_own_is_refused_by_name",
    ),
    Difference(
        "Settings that a tokenizer class does not follow (`never_split`, `do_basic_tokenize`)",
        "passed over by the fast classes",
        "refused by name",
        "core/preprocess/test_tokenizer_classes.py::test_a_setting_that_is_not_done_is_refused",
    ),
    Difference(
        "`add_eos_token` in tokenizer_config.json, which tokenizer.json does not do",
        "tokenizer.json is followed, in silence",
        "tokenizer.json is followed, with a warning; `processor_kwargs` decides",
        "core/preprocess/test_frame.py::test_tokenizer_json_is_followed_and_a_setting_that_disagrees_is_told",
    ),
    Difference(
        "`1_Pooling` without `modules.json`, and a tokenizer with a chat template",
        "rendered",
        "refused by name",
        "core/preprocess/test_chat_templates.py::test_folders_by_number_with_a_template_are_refused",
    ),
    Difference(
        "A chat template that takes many steps, makes long texts, or asks for other templates",
        "rendered, however long that takes",
        "refused by name",
        "core/preprocess/test_messages.py::test_what_no_template_may_do",
    ),
    Difference(
        "Pickled weights with more than plain tensors (quantised, sparse, on a `meta` device, of classes)",
        "what `torch.load(weights_only=True)` allows is loaded",
        "refused by the name of what they ask for; nothing of a pickle is looked up or run",
        "core/files/test_pickled.py::test_a_name_that_is_not_on_the_list_is_told_and_not_looked_up",
    ),
    Difference(
        "`sparse_linear.pt` and `colbert_linear.pt` of FlagEmbedding beside a model, as in bge-m3",
        "passed over; SparseEncoder and MultiVectorEncoder get a head of random weights",
        "`SparseEncoder` and `MultiVectorEncoder` give the vectors of their authors' formulas",
        "core/read/test_flag_embedding.py::test_the_weights_of_tokens",
    ),
    Difference(
        "`idf.json` beside a masked language model without `modules.json`, of inference-free models",
        "passed over; queries go through the model as documents do",
        "queries are the weights of their tokens, as in their authors' code and in later revisions",
        "core/read/test_inference_free.py::test_queries_are_weights_and_documents_go_through_the_model",
    ),
    Difference(
        "Adapter files beside a base model, or alone",
        "applied where peft is installed",
        "LoRA and DoRA are merged into the weights on every backend, without peft; other methods are refused",
        "core/adapters/test_adapters.py::test_one_beside_a_base_model",
    ),
    Difference(
        "A plain transformers folder",
        "pooled by mean or last token; the log says so",
        "the same vectors, with the warning `PoolingGuessed`; `strict=True` refuses",
        "core/read/test_plain.py::test_an_encoder_is_pooled_by_its_mean_with_a_warning_at_the_callers_line",
    ),
    Difference(
        "`1_Pooling/config.json` without `modules.json`",
        "passed over: the mean",
        "used",
        "core/read/test_plain.py::test_they_are_the_chain_in_the_order_of_their_numbers",
    ),
    Difference(
        "`sentence_bert_config.json` and `config_sentence_transformers.json` without `modules.json`",
        "passed over: no prompts, and the lengths of the tokenizer",
        "used",
        "core/read/test_plain.py::test_prompts_and_lengths_count_without_a_list_of_modules",
    ),
    Difference(
        "`requirements` in config_sentence_transformers.json: packages of the library's own programs",
        "ImportError where one is not met",
        "kept for who needs them, and not asked of this machine",
        "core/read/test_inputs.py::test_requirements_are_kept_and_not_asked_here",
    ),
    Difference(
        "A settings file of a module that is missing or empty",
        "refused, or replaced by defaults (SpladePooling, MultiVectorMask, TokenPooling)",
        "refused",
        "core/modules/test_settings_files.py::test_a_module_without_its_settings_is_refused_by_name",
    ),
    Difference(
        "Stored layers that config.json leaves unread",
        "left unread in silence",
        "left unread with a warning",
        "core/encoders/test_options.py::test_stored_layers_that_no_one_reads_are_told",
    ),
    Difference(
        "A similarity spelled in another case (`MaxSim`, `Cosine`)",
        "the default of the class",
        "what the name means; an unknown one is refused",
        "core/read/test_late_interaction.py::test_of_late_interaction",
    ),
    Difference(
        "A padding row of the table that is not finite",
        "spoils shorter texts of the same batch",
        "spoils no neighbour; texts that are not finite themselves are told",
        "core/postprocess/test_finite.py::test_a_padding_token_that_is_not_finite_spoils_no_neighbour",
    ),
    Difference(
        "A token id beyond the table",
        "IndexError of the engine",
        "InputError that names text, token and table",
        "core/runtime/test_known_ids.py::test_an_added_token_without_a_vector_is_named",
    ),
    Difference(
        "An offline load of a cache that nothing proves whole",
        "loaded",
        "loaded with the warning `UnprovenCache`; refused where a file of the model is lacking",
        "core/resolve/test_cached.py::test_nothing_proves_that_settings_do_not_exist_and_the_user_is_told",
    ),
    Difference(
        "A folder that is replaced while its model lives",
        "what has been read by then",
        "the model that was loaded, or `ModelChanged`",
        "core/files/test_replaced_folders.py::test_a_model_that_has_run_stays_the_model_that_was_loaded",
    ),
    Difference(
        "A list of texts and images in one call",
        "refused",
        "each takes its own tower, and the rows keep their order",
        "core/models/test_images.py::test_texts_and_images_come_back_in_their_order",
    ),
    Difference(
        "An iterator, a generator, a queue or a view of a dictionary (`encode`, `is_singular_input`)",
        "one input, which is then refused",
        "the batch of what it holds",
        "core/models/test_images.py::test_what_can_be_iterated_is_a_batch",
    ),
    Difference(
        "Pixels of an image",
        "resized by torchvision where it is installed, else by Pillow, up to two grey levels apart",
        "those of torchvision to the bit, with neither installed",
        "parity/test_towers.py::test_pixels_are_those_of_the_reference_to_the_bit",
    ),
    Difference(
        "Images that a file asks to resize by `resample` 1 (Lanczos)",
        "by a bicubic filter with transformers 5.5, or with torchvision before 0.27",
        "by Lanczos, as with transformers 5.23",
        "core/preprocess/test_processors.py::test_lanczos_is_lanczos",
    ),
    Difference(
        "`max_num_patches` and `patch_size` of SigLIP 2 NaFlex other than 256 and 16",
        "256 and 16, whatever processor_config.json says",
        "as the file says",
        "core/preprocess/test_processors.py::test_the_most_patches_are_those_of_the_file",
    ),
    Difference(
        "`bytes`, `pathlib.Path` and file objects as images",
        "refused",
        "read",
        "core/preprocess/test_images.py::test_every_form_of_one_picture_has_the_same_bits",
    ),
    Difference(
        "An opened PIL image that EXIF says to turn",
        "taken as it lies, though its path is turned",
        "turned, as its path",
        "core/preprocess/test_images.py::test_what_exif_says_of_turning_is_done_of_a_file_and_of_an_opened_image",
    ),
    Difference(
        "Images of 16 bits, floats in 0 to 1, palettes and alpha",
        "cut off at 255, divided by 255 again, or taken for colours, by the class of the processor; "
        "transformers from 5.23 on lays an opened image with alpha, and a transparent palette, upon white",
        "one rule for each, as the guide says",
        "core/preprocess/test_images.py::test_each_mode_has_one_rule",
    ),
    Difference(
        "A path of an image that is not there",
        "embedded as a text",
        "an error that names the input",
        "core/preprocess/test_images.py::test_what_is_no_image_is_named_by_its_place",
    ),
    Difference(
        "The address of an image",
        "fetched, also from private addresses",
        "refused",
        "core/preprocess/test_images.py::test_what_is_no_image_is_named_by_its_place",
    ),
    Difference(
        "A text of SigLIP in a batch",
        "another vector than alone: the last column is pooled, whatever stands there",
        "the vector that it has alone",
        "parity/test_towers.py::test_vectors_are_those_of_the_reference",
    ),
    Difference(
        "An image that is one patch wide (SigLIP 2 NaFlex)",
        "every patch has the position of the first one: torch's antialiased interpolation of one column",
        "each patch has its own, on torch too",
        "parity/test_towers.py::test_a_column_of_patches_has_the_positions_of_a_row_stood_up",
    ),
    Difference(
        "A page, or a query, of ColModernVBERT",
        "pages raise TypeError; queries go without the words and tokens that the model was trained with",
        "what transformers' processor makes of each (`process_images`, `process_queries`)",
        "parity/test_pages.py::test_vectors_are_those_of_the_reference",
    ),
    Difference(
        "A page that has more tokens than `max_seq_length` or `document_length`",
        "cut within its image, or an error about image tokens and features, by the kind of model",
        "a page is never cut",
        "parity/test_pages.py::test_a_page_is_never_cut",
    ),
    Difference(
        "The query of a ColPali that has more than 50 tokens, with transformers 5.5",
        "cut there, and the tokens behind every query with it",
        "cut where `query_length` says, as with later releases",
        "parity/test_pages.py::test_a_long_query_of_colpali_is_whole",
    ),
    Difference(
        "What `preprocess` gives of a page",
        "`token_type_ids` and `labels` beside ids, mask and pixels",
        "ids, mask, pixels, and `image_places`: which vector of an image stands where",
        "parity/test_pages.py::test_a_model_says_of_itself_and_is_fed_what_the_reference_is",
    ),
    Difference(
        "`processor` of a model with images",
        "an object of transformers",
        "the tokenizer, or of a model of images alone the settings that its images are prepared by",
        "core/models/test_images.py::test_what_processor_is",
    ),
    Difference(
        "A class of the folder's own whose computation is known, such as that of jina-embeddings-v3",
        "the folder's code runs, on torch, with `trust_remote_code=True`",
        "data on every backend, without trust; `explain()` says so",
        "families/test_task_adapters.py::test_each_task_has_its_own_weights_and_no_task_has_none",
    ),
    Difference(
        "BigBird with sparse attention, and texts longer than that leaves dense",
        "computed by blocks until the first shorter text of the process, and in full from then on",
        "refused; with `attention_type` `original_full` all texts are computed in full",
        "families/test_refusals.py::test_attention_that_depends_on_texts_before_is_refused_by_every_backend",
    ),
    Difference(
        "Pixels of an image of jina-clip-v2",
        "those of Pillow, whose releases from 13 on choose by the image which axis is resized first",
        "columns first, as all releases before; tall images may be some grey levels apart",
        "families/test_jina_clip.py::test_pixels_are_pillows_to_the_bit",
    ),
)
