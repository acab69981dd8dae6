"""Every word the browser shows, in three languages. One dataclass, so that none can be missing."""

from dataclasses import dataclass
from typing import Literal

UiLanguage = Literal["zh-Hans", "zh-Hant", "en"]
LANGUAGES: tuple[UiLanguage, ...] = ("zh-Hans", "zh-Hant", "en")


@dataclass(frozen=True, slots=True)
class Labels:
    """`{n}`-style fields are filled with `str.format`."""

    title: str
    tagline: str
    language: str
    theme: str
    new_chat: str
    tab_chat: str
    tab_passages: str
    hero_title: str
    hero_text: str
    try_one: str
    kind_same: str
    kind_script: str
    kind_en_zh: str
    kind_zh_en: str
    placeholder: str
    question: str
    send: str
    chat: str
    warming: str
    waiting: str
    failed: str
    passages: str
    passages_empty: str
    corpus_title: str
    corpus_more: str
    asked: str
    cited: str
    further: str
    nearest: str
    refused: str
    refused_hint: str
    nothing_found: str
    confidence: str
    chance: str
    high: str
    middle: str
    low: str
    relevance: str
    relevance_hint: str
    see_passages: str
    citation: str
    copy: str
    copied: str
    show_article: str
    back: str
    why: str
    why_dense: str
    why_lexical: str
    why_terms: str
    why_score: str
    why_rank: str
    why_cosine: str
    why_late: str
    why_answers: str
    why_not_found: str
    why_no_terms: str
    right: str
    wrong: str
    right_hint: str
    wrong_hint: str
    should_refuse: str
    should_refuse_hint: str
    saved: str
    saved_again: str
    undo: str
    undone: str
    nothing_to_undo: str
    feedback_failed: str
    close: str
    article_hint: str
    article_use: str
    article_missing: str
    next_mark: str
    passage_range: str
    untitled: str
    error_empty: str
    error_words: str
    error_long: str
    error_other: str
    error_queue: str
    lang_hans: str
    lang_hant: str
    lang_en: str
    lang_und: str


ZH_HANS = Labels(
    title="文章问答",
    tagline="答案是文章的原句，句句可查",
    language="界面语言",
    theme="切换深浅色",
    new_chat="新对话",
    tab_chat="对话",
    tab_passages="依据段落",
    hero_title="想从文章里知道什么？",
    hero_text="用简体、繁体或英文提问。答案逐字取自文章；文章里没有的，会直说没有。",
    try_one="试一试",
    kind_same="简体问 · 简体文",
    kind_script="繁体问 · 简体文",
    kind_en_zh="英文问 · 中文文章",
    kind_zh_en="中文问 · 英文文章",
    placeholder="输入问题，回车发送",
    question="问题",
    send="发送",
    chat="对话",
    warming="正在加载模型和索引，通常几秒钟。可以先输入问题。",
    waiting="正在查找…",
    failed="索引没有打开：{error}",
    passages="依据段落",
    passages_empty="提问后，这里显示支持答案的原文段落。",
    corpus_title="可以提问的文章 · {n} 篇",
    corpus_more="另有 {n} 篇",
    asked="问",
    cited="答案出自",
    further="其他相近段落",
    nearest="最接近的段落（没有回答这个问题）",
    refused="文章里没有写到。",
    refused_hint="没有找到能回答这个问题的句子。最接近的段落仍列在依据里，供您判断。",
    nothing_found="没有找到相近的段落。",
    confidence="把握",
    chance="能回答的可能",
    high="高",
    middle="中",
    low="低",
    relevance="相关度",
    relevance_hint="余弦相似度 {cosine}",
    see_passages="依据 {n} 段",
    citation="依据第 {n} 段",
    copy="复制",
    copied="已复制",
    show_article="在文章中查看",
    back="返回回答",
    why="为什么是这段",
    why_dense="语义检索",
    why_lexical="词语检索",
    why_terms="命中的词与权重",
    why_score="融合得分",
    why_rank="第 {n} 名",
    why_cosine="余弦 {n}",
    why_late="逐词匹配 {n}",
    why_answers="作答可能（对数几率）",
    why_not_found="未进入候选",
    why_no_terms="没有相同的词",
    right="对",
    wrong="不对",
    right_hint="这段回答了问题：记为正确（要标到句子，请在文章中选字）",
    wrong_hint="这段没有回答问题：记为错误",
    should_refuse="应当拒答",
    should_refuse_hint="文章其实没有回答这个问题：记下来，供检查使用",
    saved="已记入 {path}",
    saved_again="早已记在 {path}",
    undo="撤销",
    undone="已撤销，文件：{path}",
    nothing_to_undo="没有可撤销的记录",
    feedback_failed="没有记下来：{error}",
    close="关闭",
    article_hint="选中一段文字，可标为这个问题的答案",
    article_use="这就是答案",
    article_missing="索引里没有这篇文章：{id}",
    next_mark="下一处依据",
    passage_range="依据段落",
    untitled="无标题",
    error_empty="请先输入一个问题。",
    error_words="问题里没有可以检索的文字，请用几个词描述。",
    error_long="问题太长（{n} 字），请缩短成一两句话。",
    error_other="这个问题没有查成：{error}",
    error_queue="刚才没有连上本机服务，请再试一次。",
    lang_hans="简体中文",
    lang_hant="繁体中文",
    lang_en="英文",
    lang_und="语言不详",
)

ZH_HANT = Labels(
    title="文章問答",
    tagline="答案是文章的原句，句句可查",
    language="介面語言",
    theme="切換深淺色",
    new_chat="新對話",
    tab_chat="對話",
    tab_passages="依據段落",
    hero_title="想從文章裡知道什麼？",
    hero_text="用簡體、繁體或英文提問。答案逐字取自文章；文章裡沒有的，會直說沒有。",
    try_one="試一試",
    kind_same="簡體問 · 簡體文",
    kind_script="繁體問 · 簡體文",
    kind_en_zh="英文問 · 中文文章",
    kind_zh_en="中文問 · 英文文章",
    placeholder="輸入問題，按 Enter 送出",
    question="問題",
    send="送出",
    chat="對話",
    warming="正在載入模型和索引，通常幾秒鐘。可以先輸入問題。",
    waiting="正在查找…",
    failed="索引沒有打開：{error}",
    passages="依據段落",
    passages_empty="提問後，這裡顯示支持答案的原文段落。",
    corpus_title="可以提問的文章 · {n} 篇",
    corpus_more="另有 {n} 篇",
    asked="問",
    cited="答案出自",
    further="其他相近段落",
    nearest="最接近的段落（沒有回答這個問題）",
    refused="文章裡沒有寫到。",
    refused_hint="沒有找到能回答這個問題的句子。最接近的段落仍列在依據裡，供您判斷。",
    nothing_found="沒有找到相近的段落。",
    confidence="把握",
    chance="能回答的可能",
    high="高",
    middle="中",
    low="低",
    relevance="相關度",
    relevance_hint="餘弦相似度 {cosine}",
    see_passages="依據 {n} 段",
    citation="依據第 {n} 段",
    copy="複製",
    copied="已複製",
    show_article="在文章中查看",
    back="返回回答",
    why="為什麼是這段",
    why_dense="語意檢索",
    why_lexical="詞語檢索",
    why_terms="命中的詞與權重",
    why_score="融合得分",
    why_rank="第 {n} 名",
    why_cosine="餘弦 {n}",
    why_late="逐詞比對 {n}",
    why_answers="作答可能（對數勝算）",
    why_not_found="未進入候選",
    why_no_terms="沒有相同的詞",
    right="對",
    wrong="不對",
    right_hint="這段回答了問題：記為正確（要標到句子，請在文章中選字）",
    wrong_hint="這段沒有回答問題：記為錯誤",
    should_refuse="應當拒答",
    should_refuse_hint="文章其實沒有回答這個問題：記下來，供檢查使用",
    saved="已記入 {path}",
    saved_again="早已記在 {path}",
    undo="撤銷",
    undone="已撤銷，檔案：{path}",
    nothing_to_undo="沒有可撤銷的記錄",
    feedback_failed="沒有記下來：{error}",
    close="關閉",
    article_hint="選取一段文字，可標為這個問題的答案",
    article_use="這就是答案",
    article_missing="索引裡沒有這篇文章：{id}",
    next_mark="下一處依據",
    passage_range="依據段落",
    untitled="無標題",
    error_empty="請先輸入一個問題。",
    error_words="問題裡沒有可以檢索的文字，請用幾個詞描述。",
    error_long="問題太長（{n} 字），請縮短成一兩句話。",
    error_other="這個問題沒有查成：{error}",
    error_queue="剛才沒有連上本機服務，請再試一次。",
    lang_hans="簡體中文",
    lang_hant="繁體中文",
    lang_en="英文",
    lang_und="語言不詳",
)

EN = Labels(
    title="Ask the articles",
    tagline="Answers are the articles’ own sentences",
    language="Interface language",
    theme="Light or dark",
    new_chat="New chat",
    tab_chat="Chat",
    tab_passages="Passages",
    hero_title="What would you like to know?",
    hero_text="Ask in English or Chinese. Answers are quoted word for word from the articles; "
    "what they do not say, Wenju will not say either.",
    try_one="Try one of these",
    kind_same="Simplified → simplified",
    kind_script="Traditional → simplified",
    kind_en_zh="English → Chinese article",
    kind_zh_en="Chinese → English article",
    placeholder="Type a question, Enter to send",
    question="Question",
    send="Send",
    chat="Conversation",
    warming="Loading the model and the index, a few seconds. You can type already.",
    waiting="Searching…",
    failed="The index did not open: {error}",
    passages="Supporting passages",
    passages_empty="After a question, the passages that support the answer appear here.",
    corpus_title="Articles you can ask · {n}",
    corpus_more="and {n} more",
    asked="Q",
    cited="The answer is from",
    further="Other near passages",
    nearest="Nearest passages (they do not answer this)",
    refused="The articles do not say.",
    refused_hint="No sentence was found that answers this. The nearest passages are still listed, "
    "so that you can judge.",
    nothing_found="No near passage was found.",
    confidence="Confidence",
    chance="Chance of an answer",
    high="high",
    middle="medium",
    low="low",
    relevance="Relevance",
    relevance_hint="cosine similarity {cosine}",
    see_passages="Passages: {n}",
    citation="Passage {n}",
    copy="Copy",
    copied="Copied",
    show_article="Show in article",
    back="Back to answer",
    why="Why this result",
    why_dense="By meaning",
    why_lexical="By words",
    why_terms="Matched terms and weights",
    why_score="Fused score",
    why_rank="rank {n}",
    why_cosine="cosine {n}",
    why_late="token by token {n}",
    why_answers="Answers (log odds)",
    why_not_found="not a candidate",
    why_no_terms="no word in common",
    right="Right",
    wrong="Wrong",
    right_hint="This passage answers the question: record it (to mark a sentence, select it in the article)",
    wrong_hint="This passage does not answer the question: record it as wrong",
    should_refuse="Should have refused",
    should_refuse_hint="The articles do not answer this question: record it for the checks",
    saved="Recorded in {path}",
    saved_again="Was already in {path}",
    undo="Undo",
    undone="Undone, file: {path}",
    nothing_to_undo="Nothing to undo",
    feedback_failed="Not recorded: {error}",
    close="Close",
    article_hint="Select text to record it as the answer to this question",
    article_use="This is the answer",
    article_missing="The index holds no such article: {id}",
    next_mark="Next evidence",
    passage_range="Passage",
    untitled="Untitled",
    error_empty="Type a question first.",
    error_words="There is nothing to search for in that question; describe it in a few words.",
    error_long="The question is too long ({n} characters); put it in a sentence or two.",
    error_other="That question could not be searched: {error}",
    error_queue="The local server could not be reached; please try again.",
    lang_hans="Simplified Chinese",
    lang_hant="Traditional Chinese",
    lang_en="English",
    lang_und="Language unknown",
)

LABELS: dict[UiLanguage, Labels] = {"zh-Hans": ZH_HANS, "zh-Hant": ZH_HANT, "en": EN}


def ui_language(wanted: str | None, accept_language: str = "") -> UiLanguage:
    """The first that we speak of the wanted one and the browser's list; Chinese if it names neither."""
    for tag in [wanted or "", *accept_language.split(",")]:
        known = _known(tag.split(";")[0].strip())
        if known:
            return known
    return "zh-Hans"


def _known(tag: str) -> UiLanguage | None:
    lowered = tag.lower()
    if lowered.startswith("en"):
        return "en"
    if not lowered.startswith("zh"):
        return None
    return "zh-Hant" if any(part in lowered for part in ("hant", "-tw", "-hk", "-mo")) else "zh-Hans"
