// Texts of lists of transformers.
export default {
  en: {
    "uses.add": "Add a transformer…",
    "uses.builtin": "Built in",
    "uses.own": "Your own",
    "uses.options_of": "Options of {name}",
    "uses.unknown": "not known",
    "uses.missing": "needs {names}",
  },
  zh: {
    "uses.add": "添加转换器…",
    "uses.builtin": "内置",
    "uses.own": "自定义",
    "uses.options_of": "{name} 的选项",
    "uses.unknown": "未知",
    "uses.missing": "需要 {names}",
  },
};
