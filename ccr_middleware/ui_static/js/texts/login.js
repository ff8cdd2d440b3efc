// Texts of the login.
export default {
  en: {
    "login.title": "Log in to the gateway",
    "login.text": "Use the admin key of the configuration (ADMIN_KEY, or APIKEY when there is none).",
    "login.key": "Admin key",
    "login.go": "Log in",
    "login.empty": "Enter the key first.",
    "login.wrong": "This key is not right. Mind upper and lower case, and spaces at the ends.",
    "login.not_admin": "This key may ask models, but not manage the gateway.",
    "login.too_many": "Too many tries. Wait a little and try again.",
    "login.privacy": "The key goes only to this gateway. The browser keeps a cookie that scripts cannot read, not the key.",
  },
  zh: {
    "login.title": "登录网关",
    "login.text": "使用配置中的管理密钥（ADMIN_KEY；未设置时使用 APIKEY）。",
    "login.key": "管理密钥",
    "login.go": "登录",
    "login.empty": "请先输入密钥。",
    "login.wrong": "密钥不正确。请注意大小写以及首尾空格。",
    "login.not_admin": "该密钥可以调用模型，但不能管理网关。",
    "login.too_many": "尝试次数过多，请稍后再试。",
    "login.privacy": "密钥只发送给此网关。浏览器只保存脚本无法读取的 Cookie，不保存密钥。",
  },
};
