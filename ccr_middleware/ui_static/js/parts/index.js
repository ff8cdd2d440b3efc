// All parts that are always loaded. chart.js and editor.js are imported by the pages that use them.
export { Badge, Button, Card, CodeBlock, CopyButton, Disclosure, Facts, IconButton, Notice, PageHead, Spinner } from "./basic.js";
export { Blocks } from "./blocks.js";
export { EnvironmentLines } from "./environment.js";
export { Checkbox, Field, ListField, NumberField, SecretField, Segments, SelectField, Switch, TextArea, TextField } from "./form.js";
export { Icon, ICONS, Mark } from "./icon.js";
export { confirm, Dialog, Drawer, toast } from "./overlay.js";
export { Prose } from "./prose.js";
export { Sparkline } from "./sparkline.js";
export { Empty, errorText, Failed, Loaded, Loading } from "./states.js";
export { Table, Tabs } from "./table.js";
