// The administration page. It asks the JSON routes of the same handlers, with the session's cookie and its CSRF token.
// Read it top down: words, talking to the server, drawing, one part of the page after another, and the start.

const LANGUAGES = { en: "English", ru: "Русский", uk: "Українська", es: "Español", pt: "Português" };

// Every word of the page: English, Russian, Ukrainian, Spanish, Portuguese, as in LANGUAGES.
const WORDS = {
  "skip": ["Skip to content", "К содержанию", "До вмісту", "Ir al contenido", "Ir para o conteúdo"],
  "language": ["Language", "Язык", "Мова", "Idioma", "Idioma"],
  "sections": ["Sections", "Разделы", "Розділи", "Secciones", "Seções"],
  "connection": ["Connection", "Подключение", "Підключення", "Conexión", "Conexão"],
  "sync": ["Sync", "Синхронизация", "Синхронізація", "Sincronización", "Sincronização"],
  "mapping": ["Stages", "Этапы", "Етапи", "Etapas", "Etapas"],
  "conflicts": ["Conflicts", "Конфликты", "Конфлікти", "Conflictos", "Conflitos"],
  "letters": ["Unsent edits", "Неотправленные правки", "Невідправлені зміни", "Cambios no enviados", "Alterações não enviadas"],
  "log": ["Sync log", "Журнал", "Журнал", "Registro", "Registro"],
  "settings": ["Settings", "Настройки", "Налаштування", "Ajustes", "Configurações"],
  "loading": ["Loading…", "Загрузка…", "Завантаження…", "Cargando…", "Carregando…"],
  "connected": ["Connected", "Подключено", "Підключено", "Conectado", "Conectado"],
  "disconnected": ["Not connected", "Не подключено", "Не підключено", "Sin conexión", "Não conectado"],
  "error": ["Error", "Ошибка", "Помилка", "Error", "Erro"],
  "account": ["Account", "Аккаунт", "Акаунт", "Cuenta", "Conta"],
  "name": ["Name", "Название", "Назва", "Nombre", "Nome"],
  "subdomain": ["Subdomain", "Поддомен", "Піддомен", "Subdominio", "Subdomínio"],
  "user": ["User", "Пользователь", "Користувач", "Usuario", "Usuário"],
  "email": ["E-mail", "Эл. почта", "Ел. пошта", "Correo", "E-mail"],
  "connect": ["Connect amoCRM", "Подключить amoCRM", "Підключити amoCRM", "Conectar amoCRM", "Conectar amoCRM"],
  "reconnect": ["Connect again", "Подключить заново", "Підключити знову", "Conectar de nuevo", "Conectar de novo"],
  "disconnect": ["Disconnect", "Отключить", "Відключити", "Desconectar", "Desconectar"],
  "disconnect_sure": ["Forget the tokens of this account? The stored copy stays.", "Забыть токены этого аккаунта? Сохранённая копия останется.", "Забути токени цього акаунта? Збережена копія залишиться.", "¿Olvidar los tokens de esta cuenta? La copia guardada se conserva.", "Esquecer os tokens desta conta? A cópia armazenada permanece."],
  "disconnected_now": ["The account is disconnected.", "Аккаунт отключён.", "Акаунт відключено.", "La cuenta está desconectada.", "A conta foi desconectada."],
  "connected_now": ["The account is connected.", "Аккаунт подключён.", "Акаунт підключено.", "La cuenta está conectada.", "A conta está conectada."],
  "waiting_consent": ["Allow the access in the window that has opened.", "Разрешите доступ в открывшемся окне.", "Дозвольте доступ у вікні, що відкрилося.", "Permita el acceso en la ventana abierta.", "Permita o acesso na janela aberta."],
  "close_window": ["You can close this window.", "Это окно можно закрыть.", "Це вікно можна закрити.", "Puede cerrar esta ventana.", "Você pode fechar esta janela."],
  "back": ["Back to the page", "Назад на страницу", "Назад на сторінку", "Volver a la página", "Voltar à página"],
  "private": ["Private integration: paste a code", "Приватная интеграция: вставить код", "Приватна інтеграція: вставити код", "Integración privada: pegar un código", "Integração privada: colar um código"],
  "private_hint": ["Copy the authorization code from the integration's window. It works once, for 20 minutes.", "Скопируйте код авторизации из окна интеграции. Он действует один раз, 20 минут.", "Скопіюйте код авторизації з вікна інтеграції. Він діє один раз, 20 хвилин.", "Copie el código de autorización de la ventana de la integración. Sirve una vez, durante 20 minutos.", "Copie o código de autorização da janela da integração. Ele vale uma vez, por 20 minutos."],
  "code": ["Authorization code", "Код авторизации", "Код авторизації", "Código de autorización", "Código de autorização"],
  "exchange": ["Connect with the code", "Подключить по коду", "Підключити за кодом", "Conectar con el código", "Conectar com o código"],
  "statistics": ["Statistics", "Статистика", "Статистика", "Estadísticas", "Estatísticas"],
  "stats_note": ["Counted in the stored copy.", "Посчитано по сохранённой копии.", "Пораховано за збереженою копією.", "Contado en la copia guardada.", "Contado na cópia armazenada."],
  "contacts": ["Contacts", "Контакты", "Контакти", "Contactos", "Contatos"],
  "leads": ["Leads", "Сделки", "Угоди", "Leads", "Leads"],
  "tasks": ["Tasks", "Задачи", "Завдання", "Tareas", "Tarefas"],
  "pipelines": ["Pipelines", "Воронки", "Воронки", "Embudos", "Funis"],
  "users": ["Users", "Пользователи", "Користувачі", "Usuarios", "Usuários"],
  "roles": ["Roles", "Роли", "Ролі", "Roles", "Funções"],
  "companies": ["Companies", "Компании", "Компанії", "Empresas", "Empresas"],
  "last_sync": ["Last sync", "Последняя", "Остання", "Última", "Última"],
  "lag": ["Lag", "Отставание", "Відставання", "Retraso", "Atraso"],
  "waiting": ["Waiting to be sent", "Ждут отправки", "Чекають відправлення", "Por enviar", "A enviar"],
  "never": ["never", "никогда", "ніколи", "nunca", "nunca"],
  "seconds": ["{n} s", "{n} с", "{n} с", "{n} s", "{n} s"],
  "minutes": ["{n} min", "{n} мин", "{n} хв", "{n} min", "{n} min"],
  "hours": ["{n} h", "{n} ч", "{n} год", "{n} h", "{n} h"],
  "sync_all": ["Sync now", "Синхронизировать", "Синхронізувати", "Sincronizar", "Sincronizar"],
  "sync_full": ["Compare everything", "Сверить всё", "Звірити все", "Comparar todo", "Comparar tudo"],
  "progress": ["Progress", "Ход синхронизации", "Хід синхронізації", "Progreso", "Progresso"],
  "sync_started": ["The sync has begun.", "Синхронизация началась.", "Синхронізація почалася.", "La sincronización ha empezado.", "A sincronização começou."],
  "sync_done": ["The sync is done. Records: {n}, errors: {errors}.", "Синхронизация завершена. Записей: {n}, ошибок: {errors}.", "Синхронізацію завершено. Записів: {n}, помилок: {errors}.", "Sincronización terminada. Registros: {n}, errores: {errors}.", "Sincronização concluída. Registros: {n}, erros: {errors}."],
  "sync_failed": ["The sync failed: {why}", "Синхронизация не удалась: {why}", "Синхронізація не вдалася: {why}", "La sincronización falló: {why}", "A sincronização falhou: {why}"],
  "mapping_note": ["What each stage stands for in your system.", "Что означает каждый этап в вашей системе.", "Що означає кожен етап у вашій системі.", "Qué significa cada etapa en su sistema.", "O que cada etapa significa no seu sistema."],
  "pipeline": ["Pipeline", "Воронка", "Воронка", "Embudo", "Funil"],
  "stage": ["Stage", "Этап", "Етап", "Etapa", "Etapa"],
  "suggestion": ["Suggestion", "Предложение", "Пропозиція", "Sugerencia", "Sugestão"],
  "confidence": ["Confidence", "Уверенность", "Впевненість", "Confianza", "Confiança"],
  "reasons": ["Reason", "Причина", "Причина", "Motivo", "Motivo"],
  "status": ["Status", "Статус", "Статус", "Estado", "Status"],
  "status_of": ["Status of “{name}”", "Статус этапа «{name}»", "Статус етапу «{name}»", "Estado de «{name}»", "Status de “{name}”"],
  "unmapped": ["not set", "не задан", "не задано", "sin definir", "não definido"],
  "NEW": ["New", "Новая", "Нова", "Nuevo", "Novo"],
  "IN_PROGRESS": ["In progress", "В работе", "У роботі", "En curso", "Em andamento"],
  "CLOSED": ["Closed", "Закрыта", "Закрита", "Cerrado", "Fechado"],
  "by_user": ["set by a person", "задано человеком", "задано людиною", "definido por una persona", "definido por uma pessoa"],
  "save_mapping": ["Save the stages", "Сохранить этапы", "Зберегти етапи", "Guardar las etapas", "Salvar as etapas"],
  "mapping_saved": ["The stages are saved.", "Этапы сохранены.", "Етапи збережено.", "Las etapas están guardadas.", "As etapas foram salvas."],
  "nothing_changed": ["Nothing was changed.", "Ничего не изменено.", "Нічого не змінено.", "No se cambió nada.", "Nada foi alterado."],
  "auto_apply": ["Use sure suggestions", "Принять уверенные предложения", "Прийняти впевнені пропозиції", "Usar las sugerencias seguras", "Usar as sugestões seguras"],
  "auto_applied": ["Suggestions in use: {n}.", "Принято предложений: {n}.", "Прийнято пропозицій: {n}.", "Sugerencias aplicadas: {n}.", "Sugestões aplicadas: {n}."],
  "no_stages": ["No stages yet: sync first.", "Этапов ещё нет: сначала синхронизируйте.", "Етапів ще немає: спершу синхронізуйте.", "Aún no hay etapas: sincronice primero.", "Ainda não há etapas: sincronize primeiro."],
  "no_conflicts": ["Nothing to decide.", "Решать нечего.", "Вирішувати нічого.", "Nada que decidir.", "Nada a decidir."],
  "base": ["Before", "Было", "Було", "Antes", "Antes"],
  "local": ["Here", "Здесь", "Тут", "Aquí", "Aqui"],
  "remote": ["In amoCRM", "В amoCRM", "В amoCRM", "En amoCRM", "No amoCRM"],
  "keep_local": ["Keep ours", "Оставить наше", "Залишити наше", "Conservar lo nuestro", "Manter o nosso"],
  "keep_remote": ["Keep amoCRM's", "Оставить из amoCRM", "Залишити з amoCRM", "Conservar lo de amoCRM", "Manter o do amoCRM"],
  "other": ["Another value", "Другое значение", "Інше значення", "Otro valor", "Outro valor"],
  "a_line_each": ["One value a line.", "По одному значению в строке.", "По одному значенню в рядку.", "Un valor por línea.", "Um valor por linha."],
  "use_other": ["Use this value", "Взять это значение", "Узяти це значення", "Usar este valor", "Usar este valor"],
  "resolved": ["The conflict is decided.", "Конфликт решён.", "Конфлікт вирішено.", "El conflicto está decidido.", "O conflito foi decidido."],
  "letters_note": ["Edits that amoCRM did not take, or whose fate is not known.", "Правки, которые amoCRM не приняла или судьба которых неизвестна.", "Зміни, яких amoCRM не прийняла або доля яких невідома.", "Cambios que amoCRM no aceptó o cuyo destino se desconoce.", "Alterações que o amoCRM não aceitou ou cujo destino é desconhecido."],
  "no_letters": ["Nothing waits here.", "Здесь ничего нет.", "Тут нічого немає.", "No hay nada aquí.", "Não há nada aqui."],
  "attempts": ["Attempts", "Попыток", "Спроб", "Intentos", "Tentativas"],
  "why": ["Reason", "Причина", "Причина", "Motivo", "Motivo"],
  "fields": ["Fields", "Поля", "Поля", "Campos", "Campos"],
  "dead": ["given up", "отправка прекращена", "відправлення припинено", "abandonado", "abandonado"],
  "unknown": ["fate unknown", "судьба неизвестна", "доля невідома", "destino desconocido", "destino desconhecido"],
  "held": ["held", "отложено", "відкладено", "retenido", "retido"],
  "requeue": ["Send again", "Отправить снова", "Надіслати знову", "Enviar otra vez", "Enviar de novo"],
  "discard": ["Give up", "Отказаться", "Відмовитися", "Descartar", "Descartar"],
  "discard_sure": ["Give this edit up? The record shows what amoCRM has.", "Отказаться от правки? Запись покажет то, что в amoCRM.", "Відмовитися від зміни? Запис покаже те, що в amoCRM.", "¿Descartar este cambio? El registro mostrará lo que tiene amoCRM.", "Descartar esta alteração? O registro mostrará o que está no amoCRM."],
  "requeued": ["The edit is sent again.", "Правка отправляется снова.", "Зміна надсилається знову.", "El cambio se envía otra vez.", "A alteração é enviada de novo."],
  "discarded": ["The edit is given up.", "Правка отброшена.", "Зміну відкинуто.", "El cambio está descartado.", "A alteração foi descartada."],
  "cancel": ["Cancel", "Отмена", "Скасувати", "Cancelar", "Cancelar"],
  "when": ["When", "Когда", "Коли", "Cuándo", "Quando"],
  "operation": ["Operation", "Операция", "Операція", "Operación", "Operação"],
  "result": ["Result", "Результат", "Результат", "Resultado", "Resultado"],
  "details": ["Details", "Подробности", "Подробиці", "Detalles", "Detalhes"],
  "ok": ["ok", "успешно", "успішно", "correcto", "correto"],
  "no_log": ["Nothing was done yet.", "Пока ничего не сделано.", "Поки нічого не зроблено.", "Aún no se ha hecho nada.", "Nada foi feito ainda."],
  "client_id": ["Client ID", "ID интеграции", "ID інтеграції", "ID de la integración", "ID da integração"],
  "client_secret": ["Client secret", "Секретный ключ", "Секретний ключ", "Clave secreta", "Chave secreta"],
  "secret_hint": ["Never shown. Leave it empty to keep it.", "Не показывается. Пустое поле ничего не меняет.", "Не показується. Порожнє поле нічого не змінює.", "Nunca se muestra. Déjela vacía para conservarla.", "Nunca é exibida. Deixe em branco para mantê-la."],
  "secret_set": ["It is set. Leave it empty to keep it.", "Задан. Пустое поле ничего не меняет.", "Задано. Порожнє поле нічого не змінює.", "Está definida. Déjela vacía para conservarla.", "Está definida. Deixe em branco para mantê-la."],
  "redirect_uri": ["Redirect URI", "Адрес перенаправления", "Адреса перенаправлення", "URI de redirección", "URI de redirecionamento"],
  "redirect_hint": ["Register exactly this address in the integration.", "Укажите в интеграции точно этот адрес.", "Вкажіть в інтеграції точно цю адресу.", "Registre exactamente esta dirección en la integración.", "Registre exatamente este endereço na integração."],
  "what_to_sync": ["What to sync", "Что синхронизировать", "Що синхронізувати", "Qué sincronizar", "O que sincronizar"],
  "new_leads": ["New leads", "Новые сделки", "Нові угоди", "Leads nuevos", "Novos leads"],
  "auto_create_lead": ["Create a lead for a first contact", "Создавать сделку при первом обращении", "Створювати угоду за першого звернення", "Crear un lead con el primer contacto", "Criar um lead no primeiro contato"],
  "save": ["Save the settings", "Сохранить настройки", "Зберегти налаштування", "Guardar los ajustes", "Salvar as configurações"],
  "saved": ["The settings are saved.", "Настройки сохранены.", "Налаштування збережено.", "Los ajustes están guardados.", "As configurações foram salvas."],
  "wrong_subdomain": ["Write mycompany or mycompany.amocrm.ru.", "Напишите mycompany или mycompany.amocrm.ru.", "Напишіть mycompany або mycompany.amocrm.ru.", "Escriba mycompany o mycompany.amocrm.ru.", "Escreva mycompany ou mycompany.amocrm.ru."],
  "wrong_redirect_uri": ["An https address is needed, as registered in amoCRM.", "Нужен адрес https, как в интеграции amoCRM.", "Потрібна адреса https, як в інтеграції amoCRM.", "Hace falta una dirección https, como en amoCRM.", "É preciso um endereço https, como no amoCRM."],
  "wrong_lead_pipeline_id": ["Choose the pipeline of the stage.", "Выберите воронку этапа.", "Виберіть воронку етапу.", "Elija el embudo de la etapa.", "Escolha o funil da etapa."],
  "wrong_code": ["Paste the code.", "Вставьте код.", "Вставте код.", "Pegue el código.", "Cole o código."],
  "wrong_number": ["Write a number.", "Напишите число.", "Напишіть число.", "Escriba un número.", "Escreva um número."],
  "wrong_lines": ["Write numbers only.", "Напишите только числа.", "Напишіть лише числа.", "Escriba solo números.", "Escreva apenas números."],
  "wrong_moment": ["Choose a day and a time.", "Выберите день и время.", "Виберіть день і час.", "Elija un día y una hora.", "Escolha um dia e uma hora."],
  "invalid": ["Some fields are wrong.", "Некоторые поля заполнены неверно.", "Деякі поля заповнено неправильно.", "Algunos campos son incorrectos.", "Alguns campos estão incorretos."],
  "not-connected": ["The account is not connected.", "Аккаунт не подключён.", "Акаунт не підключено.", "La cuenta no está conectada.", "A conta não está conectada."],
  "not-configured": ["Fill in the settings first: subdomain, client ID, client secret, redirect URI.", "Сначала заполните настройки: поддомен, ID, секретный ключ, адрес перенаправления.", "Спершу заповніть налаштування: піддомен, ID, секретний ключ, адресу перенаправлення.", "Complete primero los ajustes: subdominio, ID, clave secreta, URI de redirección.", "Preencha primeiro as configurações: subdomínio, ID, chave secreta, URI de redirecionamento."],
  "unauthenticated": ["You are not signed in. Sign in to the service, or open the address that amocrm-sync serve prints.", "Вы не вошли. Войдите в сервис или откройте адрес, который печатает amocrm-sync serve.", "Ви не увійшли. Увійдіть у сервіс або відкрийте адресу, яку друкує amocrm-sync serve.", "No ha iniciado sesión. Inicie sesión en el servicio o abra la dirección que imprime amocrm-sync serve.", "Você não entrou. Entre no serviço ou abra o endereço que amocrm-sync serve mostra."],
  "role": ["You may not do this.", "У вас нет на это прав.", "У вас немає на це прав.", "No tiene permiso para esto.", "Você não tem permissão para isto."],
  "state": ["The consent is over or was begun elsewhere: begin again.", "Согласие устарело или начато в другом месте: начните заново.", "Згода застаріла або розпочата деінде: почніть знову.", "El permiso caducó o empezó en otro lugar: empiece de nuevo.", "A permissão expirou ou começou em outro lugar: comece de novo."],
  "oauth": ["amoCRM did not give access: {detail}", "amoCRM не дала доступ: {detail}", "amoCRM не надала доступ: {detail}", "amoCRM no dio acceso: {detail}", "O amoCRM não deu acesso: {detail}"],
  "crm-unreachable": ["amoCRM cannot be reached now.", "amoCRM сейчас недоступна.", "amoCRM зараз недоступна.", "amoCRM no está disponible ahora.", "O amoCRM está indisponível agora."],
  "account-blocked": ["amoCRM has stopped the account's traffic.", "amoCRM остановила запросы аккаунта.", "amoCRM зупинила запити акаунта.", "amoCRM ha detenido el tráfico de la cuenta.", "O amoCRM interrompeu o tráfego da conta."],
  "payment-required": ["The account's subscription has ended.", "Оплата аккаунта закончилась.", "Оплата акаунта закінчилася.", "La suscripción de la cuenta terminó.", "A assinatura da conta terminou."],
  "too-many-requests": ["Too often. Try again in a minute.", "Слишком часто. Повторите через минуту.", "Занадто часто. Повторіть за хвилину.", "Demasiado seguido. Pruebe en un minuto.", "Muito seguido. Tente em um minuto."],
  "offline": ["The service does not answer.", "Сервис не отвечает.", "Сервіс не відповідає.", "El servicio no responde.", "O serviço não responde."],
  "connect_first": ["Connect the account first.", "Сначала подключите аккаунт.", "Спершу підключіть акаунт.", "Conecte primero la cuenta.", "Conecte primeiro a conta."],
  "none": ["none", "нет", "немає", "ninguno", "nenhum"]
};

const root = document.documentElement;
const owner = new URLSearchParams(location.search).get("owner");
const channel = new BroadcastChannel("amocrm-connect"); // works where the consent page has cut window.opener off
const POLL = 300;
const REFRESH = 15000;
const SAID = 10000;
const STATUSES = ["NEW", "IN_PROGRESS", "CLOSED"];

let language = "en";
let csrf = null;
let isConnected = false;
let isConsented = true; // else by a long-lived token of the host: there is nothing to consent to, and nothing to forget

// ---- words

function t(key, values = {}) {
  const words = WORDS[key];
  if (!words) return key;
  const text = words[Object.keys(LANGUAGES).indexOf(language)];
  return text.replace(/{(\w+)}/g, (_, name) => values[name] ?? "");
}

function chosenLanguage() {
  const wanted = [localStorage.getItem("amocrm-language"), ...navigator.languages].filter(Boolean);
  return wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in LANGUAGES) ?? "en";
}

function speak(chosen) {
  language = chosen;
  root.lang = chosen;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
}

const number = (value) => new Intl.NumberFormat(language).format(value);
const moment = (seconds) =>
  new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" }).format(new Date(seconds * 1000));

function duration(seconds) {
  if (seconds < 90) return t("seconds", { n: number(Math.round(seconds)) });
  if (seconds < 5400) return t("minutes", { n: number(Math.round(seconds / 60)) });
  return t("hours", { n: number(Math.round(seconds / 3600)) });
}

const MOMENTS = new Set(["complete_till", "next_date"]);
const isNothing = (value) => value === null || value === undefined || value === "" || value?.length === 0;

// The values of a custom field: [{value: "Pine"}], of texts or of numbers.
const isValues = (value) =>
  Array.isArray(value) && value.every((item) => ["string", "number"].includes(typeof item?.value));

function shown(value, field = "") {
  if (isNothing(value)) return "—";
  if (MOMENTS.has(field)) return moment(value);
  if (typeof value === "number") return number(value);
  if (isValues(value)) return value.map((item) => item.value).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}

// ---- talking to the server

class Refusal extends Error {
  constructor(problem) {
    super(problem.detail ?? "");
    this.code = problem.code;
    this.fields = problem.errors ?? [];
  }

  get words() {
    return this.code in WORDS ? t(this.code, { detail: this.message }) : this.message || t("error");
  }
}

async function ask(path, { method = "GET", body, headers = {}, base = root.dataset.admin } = {}) {
  const url = new URL(base + path, location.origin);
  if (owner !== null) url.searchParams.set("owner", owner);
  const sent = { Accept: "application/json", ...headers };
  if (csrf) sent["X-CSRF-Token"] = csrf;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers: sent, body: JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw new Refusal({ code: "offline" });
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(content);
  return content;
}

// An answer, or `otherwise` where this host does not offer it or the account is not there yet.
async function askOr(otherwise, path, options) {
  try {
    return await ask(path, options);
  } catch (refusal) {
    if (refusal.code === "offline" || refusal.code === "unauthenticated") throw refusal;
    return otherwise;
  }
}

// ---- drawing

const $ = (id) => document.getElementById(id);
const pause = (time) => new Promise((done) => setTimeout(done, time));

function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const drawn = new WeakMap();

// Draw a part anew if what it shows has changed. Whoever works in it keeps their place and what they have typed.
function fill(node, data, build) {
  const signature = JSON.stringify([language, data]);
  if (drawn.get(node) === signature) return;
  drawn.set(node, signature);
  const active = node.contains(document.activeElement) ? document.activeElement : null;
  const typed = [...node.querySelectorAll("[data-typed]")].filter((input) => input.value !== input.defaultValue);
  node.replaceChildren(...build());
  const keyed = ({ dataset: { key } }) => key && node.querySelector(`[data-key="${key}"]`);
  for (const old of typed) {
    const input = keyed(old);
    if (input) input.value = old.value;
  }
  if (active) (keyed(active) ?? node.closest("section").querySelector("h2")).focus();
}

const pair = (term, value) => h("div", {}, h("dt", {}, term), h("dd", {}, value));

// Roles are given by name, because a phone shows the rows as blocks, and some browsers then forget what they are.
function table(caption, columns, rows) {
  const cells = (row) =>
    row.map((cell, index) =>
      h(index ? "td" : "th", {
        ...(index ? { role: "cell" } : { role: "rowheader", scope: "row" }),
        "data-column": index ? columns[index] : null,
        class: cell.class ?? null,
        lang: cell.lang ?? null,
      }, cell.node ?? cell));
  return h("table", { role: "table", "aria-label": caption },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
      ...columns.map((name) => h("th", { role: "columnheader", scope: "col" }, name)))),
    h("tbody", { role: "rowgroup" }, ...rows.map((row) => h("tr", { role: "row" }, ...cells(row)))));
}

function say(text) {
  $("alert").textContent = "";
  $("say").textContent = text;
  clearTimeout(say.ends);
  say.ends = setTimeout(() => { $("say").textContent = ""; }, SAID); // a complaint stays until the next word
}

function complain(error) {
  if (!(error instanceof Refusal)) console.error(error);
  $("say").textContent = "";
  $("alert").textContent = error instanceof Refusal ? error.words : t("error");
}

// Run what a button stands for; a second press meanwhile does nothing. The button stays focusable.
async function act(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (error) {
    complain(error);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

const onClick = (button, work) => button.addEventListener("click", () => act(button, work));

const actButton = (key, text, work, attributes = {}) => {
  const button = h("button", { type: "button", "data-key": key, ...attributes }, text);
  onClick(button, work);
  return button;
};

function confirmed(question, yes) {
  const dialog = $("confirm");
  $("confirm-text").textContent = question;
  $("confirm-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  $("confirm-no").focus();
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

// ---- connection

async function showConnection() {
  const status = await askOr({ state: "disconnected" }, "/status");
  isConnected = status.state !== "disconnected";
  isConsented = !isConnected || status.has_tokens;
  const badge = $("badge");
  if (badge.dataset.state !== status.state || badge.lang !== language) {
    badge.textContent = t(status.state);
    badge.dataset.state = status.state;
    badge.lang = language;
  }
  $("reason").textContent = status.state === "error" ? status.error : "";
  $("connect").textContent = t(isConnected ? "reconnect" : "connect");
  $("connect").hidden = !isConsented;
  $("disconnect").hidden = !isConnected || !isConsented;
  $("by-code").hidden = !isConsented;
  const card = status.state === "connected" ? await askOr(null, "/account") : null;
  fill($("account"), card, () =>
    card === null ? [] : [
      ["name", card.name], ["subdomain", card.subdomain], ["user", card.user_name], ["email", card.user_email],
    ].flatMap(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, shown(value))]));
}

async function connect() {
  const popup = window.open("", "amocrm", "popup,width=760,height=720"); // at once: later it would be blocked
  let begun;
  try {
    begun = await ask("/auth-url?mode=post_message");
  } catch (error) {
    popup?.close();
    throw error;
  }
  if (popup === null) {
    location.assign(begun.url);
    return;
  }
  popup.location = begun.url;
  say(t("waiting_consent"));
  const outcome = await consent(popup);
  await refresh();
  if (outcome?.connected) say(t("connected_now"));
  else if (outcome) complain(new Refusal(outcome));
  else if (isConnected) say(t("connected_now"));
  else say("");
}

// What the callback page says, or nothing if its window was closed without a word.
function consent(popup) {
  return new Promise((done) => {
    const watch = setInterval(async () => {
      if (!popup.closed) return;
      clearInterval(watch);
      await pause(POLL); // the message may still be on its way
      done(null);
    }, POLL);
    channel.onmessage = ({ data }) => {
      clearInterval(watch);
      done(data);
    };
  });
}

async function disconnect() {
  if (!(await confirmed(t("disconnect_sure"), t("disconnect")))) return;
  await ask("/disconnect", { method: "POST" });
  await refresh();
  $("connect").focus();
  say(t("disconnected_now"));
}

async function pasteCode(form) {
  const body = { code: form.elements.code.value.trim() };
  const account = form.elements.account.value.trim();
  if (account) body.account = account;
  await ask("/exchange-code", { method: "POST", body });
  form.reset();
  await refresh();
  say(t("connected_now"));
}

// ---- forms

function mark(form, fields) {
  for (const input of form.elements) {
    if (!input.name) continue;
    const wrong = fields.find(({ field }) => field.split(".").pop() === input.name);
    const error = $(`${form.id}-${input.name}-error`);
    error?.remove();
    input.removeAttribute("aria-invalid");
    const hint = input.dataset.hint && `${form.id}-${input.name}-hint`;
    const described = [hint, input.dataset.about].filter(Boolean);
    if (wrong) {
      const key = `wrong_${input.name}`;
      const id = `${form.id}-${input.name}-error`;
      input.setAttribute("aria-invalid", "true");
      input.closest(".field").append(h("span", { id, class: "error" }, key in WORDS ? t(key) : wrong.message));
      described.unshift(id);
    }
    if (described.length) input.setAttribute("aria-describedby", described.join(" "));
    else input.removeAttribute("aria-describedby");
  }
  form.querySelector('[aria-invalid="true"]')?.focus();
}

function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(form.querySelector("[type=submit]"), async () => {
      mark(form, []);
      try {
        await work(form);
      } catch (error) {
        if (error instanceof Refusal) mark(form, error.fields);
        throw error;
      }
    });
  });
}

// ---- settings

let stagesOf = new Map();

async function showSettings() {
  const form = $("config");
  const config = await askOr(null, "/config");
  $("settings").hidden = config === null || !isConsented;
  if ($("settings").hidden) return;
  const hints = { client_secret: config.has_client_secret ? "secret_set" : "secret_hint", redirect_uri: "redirect_hint" };
  for (const input of form.querySelectorAll("[data-hint]")) {
    const id = `config-${input.name}-hint`;
    $(id)?.remove();
    input.closest(".field").append(h("span", { id, class: "hint" }, t(hints[input.name])));
    input.setAttribute("aria-describedby", id);
  }
  await readPipelines();
  if (form.contains(document.activeElement)) return; // somebody is typing
  for (const input of form.elements) {
    if (input.type === "checkbox") input.checked = config[input.name];
    else if (input.tagName === "INPUT") input.value = config[input.name] ?? "";
  }
  options(form.elements.lead_pipeline_id, [...stagesOf.values()], config.lead_pipeline_id);
  showStages(config.lead_stage_id);
}

async function readPipelines() {
  const none = { data: [] };
  const pipelines = isConnected ? await askOr(none, "/records/pipelines") : none;
  const stages = isConnected ? await askOr(none, "/records/stages?limit=1000") : none;
  stagesOf = new Map(pipelines.data.map((row) => [row.amo_pipeline_id, { id: row.amo_pipeline_id, name: row.name, stages: [] }]));
  for (const row of stages.data) stagesOf.get(row.pipeline_id)?.stages.push({ id: row.amo_stage_id, name: row.name });
}

function options(select, rows, chosen) {
  const known = rows.some(({ id }) => id === chosen);
  const extra = chosen && !known ? [{ id: chosen, name: String(chosen) }] : [];
  select.replaceChildren(h("option", { value: "" }, t("none")),
    ...[...rows, ...extra].map(({ id, name }) => h("option", { value: id }, name)));
  select.value = chosen ?? "";
}

function showStages(chosen = null) {
  const form = $("config").elements;
  options(form.lead_stage_id, stagesOf.get(Number(form.lead_pipeline_id.value))?.stages ?? [], chosen);
}

async function saveSettings(form) {
  const body = {};
  for (const input of form.elements) {
    if (!input.name) continue;
    if (input.type === "checkbox") body[input.name] = input.checked;
    else if (input.tagName === "SELECT") body[input.name] = input.value ? Number(input.value) : null;
    else if (input.value || input.type !== "password") body[input.name] = input.value.trim();
  }
  await ask("/config", { method: "PUT", body });
  form.elements.client_secret.value = "";
  await refresh();
  say(t("saved"));
}

// ---- sync

async function showStats() {
  const stats = isConnected ? await askOr(null, "/stats") : null;
  fill($("stats"), stats, () => {
    if (stats === null) return [];
    const waiting = (stats.outbox.pending ?? 0) + (stats.outbox.sending ?? 0);
    return [
      pair(t("contacts"), number(stats.counts.contacts ?? 0)),
      pair(t("leads"), number(stats.counts.leads ?? 0)),
      pair(t("last_sync"), stats.last_sync_at === null ? t("never") : moment(stats.last_sync_at)),
      pair(t("lag"), stats.lag_seconds === null ? "—" : duration(stats.lag_seconds)),
      pair(t("waiting"), number(waiting)),
      pair(t("conflicts"), number(stats.conflicts)),
    ];
  });
}

async function sync(what) {
  const body = what === "" ? {} : what === "full" ? { full: true } : { entities: [what] };
  const begun = await ask("/sync", { method: "POST", body, headers: { Prefer: "respond-async" } });
  sessionStorage.setItem("amocrm-run", begun.runId ?? begun.run_id);
  say(t("sync_started"));
  await follow();
}

// Follow the sync that was begun here, also after the page was loaded again.
async function follow() {
  const id = sessionStorage.getItem("amocrm-run");
  if (id === null) return;
  try {
    let run;
    do {
      run = await ask(`/sync/runs/${id}`);
      showProgress(run);
    } while (run.status === "running" && (await pause(POLL), true));
    await refresh();
    const parts = Object.values(run.report ?? {});
    const sum = (name) => number(parts.reduce((total, part) => total + part[name], 0));
    if (run.status === "failed") throw new Refusal({ detail: t("sync_failed", { why: run.error }) });
    say(t("sync_done", { n: sum("synced"), errors: sum("errors") }));
  } finally {
    sessionStorage.removeItem("amocrm-run");
  }
}

function showProgress(run) {
  fill($("progress"), run.progress, () =>
    run.progress.map((part) => {
      const bar = h("progress", { "aria-label": t(part.entity), max: 1 });
      if (part.done) bar.value = 1;
      else if (part.fraction !== null) bar.value = part.fraction;
      return h("li", { "data-entity": part.entity, "data-done": part.done },
        h("span", {}, t(part.entity)), bar, h("span", {}, number(part.fetched)));
    }));
}

// ---- stages

async function showMapping() {
  const none = { data: [] };
  const base = root.dataset.integrations;
  const mapped = isConnected ? await askOr(none, "/mapping") : none;
  const suggested = isConnected ? await askOr(none, "/mapping/suggestions", { base }) : none;
  const pipelines = new Map([...stagesOf.values()].map(({ id, name }) => [id, name]));
  const sources = new Map(mapped.data.map((row) => [`${row.pipeline_id}:${row.stage_id}`, row]));
  const rows = suggested.data.length ? suggested.data : mapped.data.map((row) => ({
    stageId: row.stage_id, pipelineId: row.pipeline_id, stageName: row.stage_name, mappedStatus: row.status, reasons: [],
  }));
  $("mapping-actions").hidden = !rows.length;
  $("auto-apply").hidden = !suggested.data.length;
  fill($("stages"), [rows, mapped.data, [...pipelines]], () => {
    if (!rows.length) return [h("p", {}, t(isConnected ? "no_stages" : "connect_first"))];
    const columns = ["stage", "pipeline", "suggestion", "confidence", "reasons", "status"].map((key) => t(key));
    return [table(t("mapping"), columns, rows.map((row) => stageRow(row, pipelines, sources)))];
  });
}

function stageRow(row, pipelines, sources) {
  const said = sources.get(`${row.pipelineId}:${row.stageId}`);
  const select = h("select", {
    "aria-label": t("status_of", { name: row.stageName }), "data-key": `${row.pipelineId}:${row.stageId}`,
    "data-stage": row.stageId, "data-pipeline": row.pipelineId, "data-old": row.mappedStatus ?? "",
  }, ...["", ...STATUSES].map((status) => h("option", { value: status }, status ? t(status) : t("unmapped"))));
  select.value = row.mappedStatus ?? "";
  const mark = said?.source === "person" ? h("span", { class: "hint" }, t("by_user")) : null;
  return [
    row.stageName ?? String(row.stageId),
    pipelines.get(row.pipelineId) ?? String(row.pipelineId ?? "—"),
    row.suggestedStatus ? t(row.suggestedStatus) : "—",
    row.confidence === undefined ? "—" : `${Math.round(row.confidence * 100)} %`,
    { node: row.reasons.join(" ") || "—", lang: "en" },
    { node: h("div", {}, ...[select, mark].filter(Boolean)) },
  ];
}

async function saveMapping() {
  const changed = [...document.querySelectorAll("#stages select")]
    .filter((select) => select.value && select.value !== select.dataset.old);
  if (!changed.length) {
    say(t("nothing_changed"));
    return;
  }
  const stages = changed.map((select) => ({
    stageId: Number(select.dataset.stage), mappedStatus: select.value,
    ...(select.dataset.pipeline ? { pipelineId: Number(select.dataset.pipeline) } : {}),
  }));
  await ask("/mapping", { method: "PUT", body: { stages } });
  await refresh();
  say(t("mapping_saved"));
}

async function autoApply() {
  const { applied } = await ask("/mapping/auto-apply", { method: "POST", base: root.dataset.integrations });
  await refresh();
  say(t("auto_applied", { n: number(applied) }));
}

// ---- conflicts and unsent edits

// Rows with the names of their records, so that a person knows what they decide about.
async function named(rows) {
  const names = new Map();
  for (const { entity, uid } of rows) {
    if (names.has(uid)) continue;
    const found = await askOr({ data: {} }, `/records/${entity}/${uid}`);
    names.set(uid, `${t(entity)}: ${found.data.name ?? found.data.text ?? uid}`);
  }
  return rows.map((row) => ({ ...row, title: names.get(row.uid) }));
}

async function showConflicts() {
  const found = isConnected ? await askOr({ data: [] }, "/conflicts?limit=50") : { data: [] };
  const rows = await named(found.data);
  fill($("conflict-list"), [isConnected, rows], () =>
    rows.length ? rows.map(conflictCard) : [h("p", {}, t(isConnected ? "no_conflicts" : "connect_first"))]);
}

function conflictCard(row) {
  const id = `conflict-${row.id}`;
  const decide = async (choice) => {
    await ask(`/conflicts/${row.id}/resolve`, { method: "POST", body: { choice } });
    await refresh();
    say(t("resolved"));
  };
  return h("article", { "aria-labelledby": id },
    h("h3", { id }, `${row.title} · ${row.field}`),
    h("dl", { class: "sides" }, ...["base", "local", "remote"].map((side) => pair(t(side), shown(row[side], row.field)))),
    h("p", { class: "actions" },
      actButton(`${id}-local`, t("keep_local"), () => decide("local"), { "aria-describedby": id }),
      actButton(`${id}-remote`, t("keep_remote"), () => decide("remote"), { "aria-describedby": id })),
    otherValue(row, id, (value) => decide({ [row.field]: value })));
}

// How a value of each kind is typed, and what was typed: NaN where it is none.
const EDITORS = {
  text: (row) => [h("input", { value: row.local ?? "" }), (input) => input.value],
  number: (row) => [h("input", { type: "number", step: "any", value: row.local }), (input) => input.valueAsNumber],
  moment: (row) => [
    h("input", { type: "datetime-local", value: row.local ? localMinute(row.local) : null }),
    (input) => new Date(input.value).getTime() / 1000,
  ],
  lines: (row) => [
    h("textarea", { rows: Math.max(row.local?.length ?? 0, 2) }, (row.local ?? []).map((item) => item.value).join("\n")),
    (input) => fieldValues(input.value.split("\n").map((line) => line.trim()).filter(Boolean), row),
  ],
};

// What kind of value a person can type for this field; null where one of the two sides is all there is to choose.
function kindOf(row) {
  const sides = [row.base, row.local, row.remote].filter((side) => side !== null && side !== undefined);
  if (MOMENTS.has(row.field)) return "moment";
  if (sides.every(isValues)) return "lines";
  return ["number", "string"].find((type) => sides.every((side) => typeof side === type))?.replace("string", "text") ?? null;
}

function otherValue(row, id, decide) {
  const kind = kindOf(row);
  if (kind === null) return null;
  const [input, read] = EDITORS[kind](row);
  const key = `${id}-other`;
  const hint = kind === "lines" ? h("span", { id: `${key}-${kind}-hint`, class: "hint" }, t("a_line_each")) : null;
  const attributes = { name: kind, autocomplete: "off", "data-typed": "", "data-key": key, "data-about": id };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  if (hint) input.dataset.hint = "a_line_each";
  input.setAttribute("aria-describedby", [hint?.id, id].filter(Boolean).join(" "));
  const form = h("form", { id: key, class: "other", novalidate: true },
    h("div", { class: "field" }, h("label", {}, h("span", {}, t("other")), input), hint),
    h("button", { type: "submit", "data-key": `${id}-use`, "aria-describedby": id }, t("use_other")));
  onSubmit(form, async () => {
    const value = read(input);
    if (Number.isNaN(value)) throw new Refusal({ code: "invalid", errors: [{ field: kind }] });
    await decide(value);
  });
  return form;
}

const KINDS = new Set(["WORK", "WORKDD", "MOB", "FAX", "HOME", "PRIV", "OTHER"]);

// Lines as the values of a custom field. One that a side has is taken as it stands there; another keeps the kind of its
// predecessor (a work phone stays a work phone), but not its option.
function fieldValues(lines, row) {
  const known = [row.local, row.remote, row.base].flatMap((side) => side ?? []);
  const isNumber = known.length > 0 && known.every((item) => typeof item.value === "number");
  if (isNumber && lines.some((line) => Number.isNaN(Number(line)))) return NaN;
  return lines.map((line, index) => {
    const same = known.find((item) => String(item.value) === line);
    const code = row.local?.[index]?.enum_code;
    return same ?? { value: isNumber ? Number(line) : line, ...(KINDS.has(code) ? { enum_code: code } : {}) };
  });
}

// Unix seconds as an input of the type datetime-local has them.
function localMinute(seconds) {
  const offset = new Date(seconds * 1000).getTimezoneOffset() * 60;
  return new Date((seconds - offset) * 1000).toISOString().slice(0, 16);
}

async function showLetters() {
  const found = isConnected ? await askOr({ data: [] }, "/dead-letters") : { data: [] };
  const isUndecided = (row) => row.state === "held" && row.error?.startsWith("conflict: "); // stands above already
  const rows = await named(found.data.filter((row) => !isUndecided(row)));
  fill($("letter-list"), [isConnected, rows], () =>
    rows.length ? rows.map(letterCard) : [h("p", {}, t(isConnected ? "no_letters" : "connect_first"))]);
}

function letterCard(row) {
  const id = `letter-${row.id}`;
  const fields = Object.entries(row.fields).map(([name, value]) => `${name}: ${shown(value)}`).join(", ");
  const decide = (what, done) => async () => {
    if (what === "discard" && !(await confirmed(t("discard_sure"), t("discard")))) return;
    await ask(`/dead-letters/${row.id}/${what}`, { method: "POST" });
    await refresh();
    say(t(done));
  };
  return h("article", { "aria-labelledby": id },
    h("h3", { id }, row.title),
    h("p", {}, `${moment(row.made_at)} · ${t(row.state)} · ${t("attempts")}: ${number(row.attempts)}`),
    h("p", {}, `${t("fields")}: ${fields}`),
    row.error === null ? null : h("p", { class: "error" }, `${t("why")}: ${row.error}`),
    h("p", { class: "actions" },
      row.state === "held" ? "" : actButton(`${id}-requeue`, t("requeue"), decide("requeue", "requeued"), { "aria-describedby": id }),
      actButton(`${id}-discard`, t("discard"), decide("discard", "discarded"), { "aria-describedby": id })));
}

// ---- the log

async function showLog() {
  const found = isConnected ? await askOr({ data: [] }, "/sync/log?limit=25") : { data: [] };
  fill($("rows"), [isConnected, found.data], () => {
    if (!found.data.length) return [h("p", {}, t(isConnected ? "no_log" : "connect_first"))];
    const columns = ["when", "operation", "result", "details"].map((key) => t(key));
    return [table(t("log"), columns, found.data.map((row) => [
      moment(row.at),
      row.operation,
      { node: row.status === "ok" ? t("ok") : t("error"), class: row.status === "ok" ? null : "wrong" },
      Object.entries(row.details).filter(([, value]) => value && value !== "0").map(([name, value]) => `${name} ${shown(value)}`).join(", ") || "—",
    ]))];
  });
}

// ---- the whole

async function refresh() {
  await showConnection();
  await showSettings();
  await Promise.all([showStats(), showMapping(), showConflicts(), showLetters(), showLog()]);
}

function listen() {
  onClick($("connect"), connect);
  onClick($("disconnect"), disconnect);
  onClick($("save-mapping"), saveMapping);
  onClick($("auto-apply"), autoApply);
  for (const button of document.querySelectorAll("[data-sync]")) onClick(button, () => sync(button.dataset.sync));
  onSubmit($("code-form"), pasteCode);
  onSubmit($("config"), saveSettings);
  $("config").elements.lead_pipeline_id.addEventListener("change", () => showStages());
  setInterval(() => document.hidden || refresh().catch(complain), REFRESH);
}

// The window that amoCRM has sent back: tell the page how it went, and go.
function returned() {
  const { callback, detail } = root.dataset;
  const isDone = callback === "connected";
  channel.postMessage(isDone ? { connected: true } : { code: callback, detail });
  const words = isDone ? t("connected_now") : new Refusal({ code: callback, detail }).words;
  document.querySelector("p").textContent = `${words} ${t("close_window")}`;
  document.querySelector("a").textContent = t("back");
  window.close();
}

async function start() {
  speak(chosenLanguage());
  if (root.dataset.callback) {
    returned();
    return;
  }
  $("language").replaceChildren(...Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag }, name)));
  $("language").value = language;
  $("language").addEventListener("change", async ({ target }) => {
    localStorage.setItem("amocrm-language", target.value);
    speak(target.value);
    await refresh().catch(complain);
  });
  $("badge").textContent = t("loading");
  try {
    const session = await ask("/session");
    csrf = session.csrf;
    document.body.dataset.role = session.role;
    await refresh();
    $("main").hidden = false;
    listen();
    await follow();
  } catch (error) {
    $("badge").textContent = "";
    complain(error);
  }
}

await start();
