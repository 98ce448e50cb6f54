"""Stage names of eleven trades in nine languages, labelled before the engine was asked about any of them.

The first answers were measured once, as they came; the documentation of the mapping has the figures. The lexicon was
corrected afterwards, where a speaker would agree, so from then on this list guards what works and measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

NAMES: dict[str, dict[str, str]] = {
    "ru": {
        "NEW": """
            Новые запросы на расчёт; Лиды с рекламы VK; Входящие из Telegram; Не распределённые заявки; Холодная база, не звонили;
            Заявки с маркетплейса; Новые кандидаты; Новая запись с сайта; Квиз пройден, не обработан; Новый заказ с Ozon;
            Первичное обращение; Только что зашёл
        """,
        "IN_PROGRESS": """
            Выбор квартиры; Бронь объекта; Ипотека одобрена; Подача документов в банк; Регистрация в Росреестре; Ждём решение по ипотеке;
            Записан на пробный урок; Был на пробном; Сбор группы; Ждёт старта потока; Приём назначен; План лечения составлен;
            Анализы сданы; Повторный приём; Собираем заказ; Передан в СДЭК; Ожидает самовывоза; Товар в пути; Предзаказ;
            Согласование ТЗ с заказчиком; Тендер; Пилотный проект; Юристы проверяют договор; Протокол разногласий; Ждём подпись директора;
            Поиск машины под груз; Загрузка; На таможне; Документы у бухгалтера; Резюме отправлено заказчику; Второе интервью; Оффер сделан;
            Испытательный срок; Проверка СБ; Выезд прораба; Чертежи готовы; Монтаж окон; Подписание КС-2; Тур забронирован; Виза оформляется;
            Вернулись из поездки, ждём отзыв; Тест-драйв; Оценка авто в трейд-ин; Диагностика авто; Запчасти заказаны; Автомобиль в ремонте;
            Исковое заявление подано; Судебное заседание; Сбор доказательств; Стрижка назначена; Напомнить о записи; Постоянный клиент;
            Прислать прайс; Ушёл думать до понедельника; Теплый; Горячие лиды; Дорогой клиент VIP; Вышел на ЛПР; Просит скидку
        """,
        "CLOSED": """
            Квартира куплена; Сделка сорвалась; Купил у застройщика напрямую; Выпускники; Отчислен за неуплату; Лечение завершено; Заказ выполнен;
            Возврат товара, деньги вернули; Не выкупил; Тендер проигран; Договор расторгнут; Груз доставлен, сделка закрыта; Отказ кандидата;
            Не прошёл испытательный срок; Вакансия закрыта; Объект сдан заказчику; Отказались от тура; Машина продана; Дело выиграно; Дело проиграно;
            Мошенники; Дубли заявок; Не наша услуга; Номер не существует; В чёрный список; Ушли к конкурентам; Архив 2023; Тестовая заявка
        """,
    },
    "uk": {
        "NEW": """
            Нові ліди з Facebook; Нове замовлення; Вхідна заявка; Нерозібрані; Не опрацьовано; Нові звернення; Заявка з Instagram; Новий кандидат
        """,
        "IN_PROGRESS": """
            Взято в роботу; Комерційна пропозиція надіслана; Очікуємо передоплату; Перегляд квартири; Бронювання; Пробне заняття призначено;
            Рахунок виставлено; Чекає на зарплату; Підбір авто; Готується договір; Прийом у лікаря; Комплектація замовлення; Відправлено Новою поштою;
            У дорозі; Не бере слухавку; Передзвонити завтра; Співбесіда; Замір зроблено; Узгодження кошторису; Монтаж; Думає; Документи на перевірці
        """,
        "CLOSED": """
            Угода закрита; Відмова клієнта; Неякісний лід; Продано; Куплено в іншому місці; Дублікат; Повернення коштів; Не актуально; Програно;
            Успішно завершено; Не наш клієнт; Помилковий номер; Скасовано клієнтом
        """,
    },
    "en": {
        "NEW": """
            New enquiry; Fresh web leads; Inbound call, unassigned; Just arrived; Not yet contacted; New applicants; Unprocessed orders; Incoming chat; New patient form
        """,
        "IN_PROGRESS": """
            Property tour booked; Offer made on house; Mortgage pre-approval; Under offer; Inspection scheduled; Trial lesson attended; Application under review;
            Enrollment pending; Treatment plan presented; Insurance check; Cart abandoned; Packing; Out for delivery; Awaiting stock; Discovery call done;
            Security review; Legal redlines; Proof of concept; Verbal yes; Purchase order received; Customs clearance; Loading; Phone screen; Reference check;
            Offer extended; Site survey; Permit application; Quote revised; Deposit paid; Visa in process; Test drive done; Trade-in appraisal;
            Case evaluation; Awaiting signature; Left voicemail; Gone quiet; Nurture; Ready to buy
        """,
        "CLOSED": """
            Deal signed and won; Sold; Lost to competitor; Went with another agency; Enrolled; Graduated; Dropped out; Discharged; Order completed; Refunded;
            Disqualified; Bad phone number; Do not contact; Candidate rejected; Position filled; Case dismissed; Junk lead; No budget; Trip completed; Cancelled by client
        """,
    },
    "es": {
        "NEW": """
            Nuevas solicitudes; Leads sin asignar; Consulta entrante; Recién llegado; Nuevo paciente; Sin atender; Nuevos pedidos web; Prospecto nuevo
        """,
        "IN_PROGRESS": """
            Visita programada al piso; Hipoteca en estudio; Reserva firmada; Clase de prueba agendada; Matrícula pendiente; Primera cita médica; Plan de tratamiento enviado;
            Pedido en preparación; Enviado por mensajería; Esperando stock; Demo realizada; Cotización en revisión; Negociando descuento; Contrato en firma;
            Carga en tránsito; Despacho aduanero; Entrevista técnica; Oferta enviada al candidato; Visita a obra; Anticipo recibido; Itinerario enviado;
            Visado en trámite; Prueba de manejo; Tasación del coche; Demanda presentada; Cita de peluquería; No contesta; Volver a llamar; Lo está pensando; Interesado
        """,
        "CLOSED": """
            Venta cerrada; Alquilado; Perdido por precio; Compró con la competencia; Matriculado; Se dio de baja; Alta médica; Pedido cancelado; Reembolsado;
            No le interesa; Número equivocado; Candidato descartado; Obra terminada; Viaje cancelado; Coche vendido; Caso ganado; Lista negra; Duplicado
        """,
    },
    "pt": {
        "NEW": """
            Novos contatos; Leads do Instagram sem atendimento; Entrada de leads; Nova solicitação; Recém-chegados; Não iniciado; Novo paciente; Novo pedido do site
        """,
        "IN_PROGRESS": """
            Visita ao imóvel marcada; Análise de crédito; Documentação em análise; Simulação de financiamento; Aula experimental; Aguardando matrícula; Avaliação agendada;
            Orçamento apresentado; Exames solicitados; Separação do pedido; Pedido enviado; Saiu para entrega; Carrinho abandonado; Reunião com diretoria; Minuta em revisão;
            Carga coletada; Entrevista com RH; Teste prático; Visita técnica na obra; Sinal pago; Roteiro enviado; Passagens reservadas; Test drive agendado;
            Avaliação do usado; Petição protocolada; Audiência marcada; Não atendeu; Retornar amanhã; Follow-up 2; Cliente pensando; Lead quente; Boleto emitido
        """,
        "CLOSED": """
            Venda concluída; Imóvel alugado; Perdido para concorrente; Aluno matriculado; Trancou o curso; Tratamento finalizado; Pedido devolvido; Sem interesse;
            Telefone errado; Fora do perfil; Candidato reprovado; Vaga preenchida; Obra entregue e encerrada; Viagem cancelada; Carro vendido; Causa ganha; Arquivado; Lead duplicado; Desistiu
        """,
    },
    "az": {
        "NEW": "Yeni müraciət; Yeni sifarişlər; Gələn zənglər; Emal olunmamış; Yeni namizəd",
        "IN_PROGRESS": """
            Mənzilə baxış; Qiymət təklifi göndərildi; Müqavilə hazırlanır; Ödəniş gözlənilir; Zəng edildi; Cavab vermir; Həkim qəbulu təyin olundu; Sınaq dərsi;
            Çatdırılmada; Sənədlər toplanır; Müsahibə
        """,
        "CLOSED": "Satıldı; İmtina etdi; Uğursuz; Ləğv edildi; Maraqlı deyil; Səhv nömrə; Müqavilə bağlandı və tamamlandı",
    },
    "uz": {
        "NEW": "Yangi arizalar; Yangi mijoz; Kelib tushgan so'rovlar; Ishlov berilmagan; Янги лид",
        "IN_PROGRESS": """
            Uyni ko'rsatish; Narx yuborildi; Shartnoma tuzilmoqda; To'lov kutilmoqda; Javob bermayapti; Sinov darsi; Uchrashuv belgilandi; Yetkazib berishda;
            Hujjatlar tayyorlanmoqda; O'ylab ko'radi; Suhbat
        """,
        "CLOSED": "Sotildi; Rad etdi; Bekor qilindi; Muvaffaqiyatsiz; Qiziqmaydi; Noto'g'ri raqam; Yopildi",
    },
    "kk": {
        "NEW": "Жаңа өтініш; Жаңа тапсырыс; Кіріс қоңыраулар; Өңделмеген; Жаңа клиент",
        "IN_PROGRESS": """
            Пәтерді көрсету; Баға ұсынысы жіберілді; Келісімшарт дайындалуда; Төлем күтілуде; Жауап бермейді; Сынақ сабағы; Кездесу белгіленді; Жеткізілуде;
            Құжаттар жинау; Ойланып жүр; Келіссөз
        """,
        "CLOSED": "Сатылды; Бас тартты; Сәтсіз аяқталды; Қызығушылық жоқ; Қате нөмір; Жабылды",
    },
    "tr": {
        "NEW": "Yeni başvuru; Yeni müşteri adayı; Gelen talepler; Atanmamış; Web sitesinden yeni; İşlenmemiş",
        "IN_PROGRESS": """
            Ev gösterimi; Kredi onayı bekleniyor; Teklif hazırlanıyor; Sözleşme imzada; Deneme dersi; Muayene randevusu; Sipariş hazırlanıyor; Kargoya verildi;
            Gümrükte; Mülakat yapıldı; Keşif yapıldı; Kapora alındı; Test sürüşü; Ulaşılamadı; Tekrar aranacak; Düşünüyor
        """,
        "CLOSED": "Satıldı; Vazgeçti; Rakipten aldı; İptal edildi; İlgilenmiyor; Yanlış numara; Kayıt oldu; Kaybedildi; Olumsuz",
    },
}


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield language, status, name."""
    for language, statuses in NAMES.items():
        for status, names in statuses.items():
            for name in names.split(";"):
                yield language, status, " ".join(name.split())
