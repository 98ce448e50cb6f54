"""Stage names that people use, by language and status, labelled by hand.

They come from the trades that use a CRM (real estate, education, clinics, shops, B2B, hiring, construction, travel,
services), not from ``benchmarks/data``; some everyday names stand in both. The lexicon was corrected by this list, so it
guards what works and measures nothing.
"""

from __future__ import annotations

NAMES: dict[str, dict[str, str]] = {
    "ru": {
        "NEW": """
            Неразобранное
            Новый лид
            Новый лид 2
            Новое обращение
            Новые заявки с сайта
            Входящие звонки
            Входящее обращение
            Необработанные
            Не обработано
            Не взято в работу
            Заявка с сайта
            Заявки Авито
            Поступила заявка
            Новый клиент
            Свежие лиды
            Оставил заявку
            Ожидает обработки
            Нераспределенные
            Новый отклик
        """,
        "IN_PROGRESS": """
            КП отправлено
            Отправлено коммерческое предложение
            Подготовка КП
            Переговоры
            Принимают решение
            Думает
            Недозвон
            Недозвон 3
            НДЗ
            Не берет трубку
            Не отвечает
            Перезвонить позже
            Назначена встреча
            Встреча состоялась
            Выезд на замер
            Замер выполнен
            Расчет сметы
            Смета отправлена
            Согласование проекта
            Договор на подписи
            Счет выставлен
            Ждем оплату
            Не оплачен
            Частичная оплата
            Оплачено
            Предоплата внесена
            Производство
            На складе
            Доставка
            Передано в логистику
            Монтаж
            Квалификация / выводим на встречу
            Бронь
            Ипотека одобрена
            Сбор документов
            Подача документов в банк
            Показ объекта
            Подбор объекта
            Тест-драйв
            Консультация проведена
            Записан на пробный урок
            Пробное занятие
            Пришел на пробный
            Не пришел
            Запись подтверждена
            Лечение
            План лечения
            Онбординг
            Собеседование
            Тестовое задание
            Проверка СБ
            Стажировка
            Бронирование тура
            Документы на визу
            Техническое задание
            Бриф заполнен
            Разработка
            Тендер
            Работа с возражениями
            Дожим
            Прогрев
            Отложено
            Заморозка
            Реанимация отказов
            Возврат в работу
            Подписание акта
            Гарантийный случай
            Повторная продажа
            Отдел сопровождения
            Интерес подтвержден
            Рассрочка
            Нет предварительного согласия
            Фото получено
            Заказ согласован
            проверить оплату
            Финальный компред
            Условия согласованы
            Пилот Окончен
            Термин состоялся
            На рассмотрении
            Не закрыто
            Перед закрытием
            Готов к сделке
            Назначить встречу
            Квал
            Передан в отдел продаж
            Повторное касание
            Ожидание документов
            Выставить счет
            Ожидаем поставку
            Идёт обучение
            Контроль качества
            Горячий клиент
            Тёплые
            Самовывоз
            КЦ
            Обзвон базы
            Отправлена презентация
        """,
        "CLOSED": """
            Отказ
            Отказы
            Отказ клиента
            Отказ после КП
            Клиент отказался
            Спам
            Дубль
            Дубли
            Некачественный лид
            Нецелевой
            Не целевые заявки
            Неквал
            Брак
            Закрыто
            Сделка закрыта
            Закрытые
            Проиграно
            Потерян
            Сделка проиграна
            Выиграно
            Продано
            Успешно — оплачено
            Сделка состоялась
            Сделка завершена
            Завершено
            Завершена
            Выполнено
            Проект завершен
            Заказ выполнен
            Архив
            Не актуально
            Неактуально
            Не интересно
            Не реализовано
            Купил у конкурентов
            Ушли к конкурентам
            Отменён
            Отмена заказа
            Чёрный список
            Неверный номер
            Не подошли условия
            Нет денег
            Дорого
            Слив
            закрыто неуспешно
            закрыто успешно
            успешно завершено
            Успешная сделка
            Мусор
            Ошиблись номером
            Купил
        """,
    },
    "uk": {
        "NEW": """
            Нова заявка
            Новий лід
            Вхідні
            Вхідна заявка
            Нерозібране
            Необроблені
            Нове звернення
            Нові ліди
        """,
        "IN_PROGRESS": """
            В роботі
            Взято в роботу
            Перемовини
            КП надіслано
            Комерційна пропозиція
            Очікуємо оплату
            Не оплачено
            Передоплата
            Зустріч призначена
            Зустріч проведена
            Недодзвон
            Не відповідає
            Думає
            Узгодження договору
            Підписання договору
            Рахунок виставлено
            Доставка
            В дорозі
            Виробництво
            Кваліфікація
            Приймають рішення
            Консультація
            Пробний урок
            Відкладено
            Розрахунок вартості
            Збір документів
            Відвантаження
            Повторний дзвінок
        """,
        "CLOSED": """
            Успішно реалізовано
            Закрито
            Відмова
            Відмова клієнта
            Спам
            Нецільовий лід
            Неактуально
            Скасовано
            Дублікат
            Програно
            Виграно
            Завершено
            Архів
            Не реалізовано
            Купив у конкурентів
        """,
    },
    "en": {
        "NEW": """
            New
            New lead
            New leads
            New inquiry
            New enquiries
            Incoming leads
            Inbound
            Unsorted
            Uncontacted
            Not contacted
            New / Uncontacted
            Unassigned
            New request
            Fresh leads
            Website leads
            Not started
            Application received
            Unprocessed
        """,
        "IN_PROGRESS": """
            Contacted
            Contact made
            Contact Attempted
            Attempting contact
            Qualified
            Qualification
            Discovery call
            Discovery Meeting
            Demo scheduled
            Demo completed
            Proposal sent
            Proposal/Price Quote
            Quoted
            Quote sent
            Estimate Sent
            Negotiation/Review
            In Discussion
            Verbal Commitment
            Contract sent
            Contract signed
            Deposit Received
            Invoice sent
            Waiting for payment
            Unpaid
            Paid
            On hold
            Nurture
            Free Trial
            Gone Cold
            Showroom Visit Scheduled
            Showroom Visit Complete
            No answer
            No show
            Meeting booked
            Follow-up (2hr)
            Follow-up (Next Day)
            Interested
            Under contract
            Offer made
            Viewing arranged
            Onboarding
            In production
            Shipped to warehouse
            Interview
            Phone screen
            Offer extended
            Background check
            Waiting Customer
            Decision maker bought in
            Call back later
            Awaiting documents
            In transit
            Reactivation
            Not closed
            Not paid
            Pending approval
            Installation
            Site visit
            Reference check
            Evaluation
            Warm leads
            Ready to close
        """,
        "CLOSED": """
            Won
            Lost
            Closed won
            Closed-Won
            Deal won
            Deal lost
            Rejected
            Refused
            Declined
            Spam
            Junk
            Junk Lead
            Duplicate
            Disqualified
            Unqualified
            Not qualified
            Not interested
            Closed
            Cancelled
            Canceled
            Sold
            Completed
            Archived
            Wrong number
            Bad lead
            Lost to competitor
            Converted
            Dead
            Not a fit
            Do not contact
            Successfully realized
            Closed and not realized
            No budget
            Hired
        """,
    },
    "pt": {
        "NEW": """
            LEADS RECEBIDOS
            Novo contato
            Novos leads
            Lead novo
            Entrada de leads
            Novo cliente
            Leads não atendidos
            Sem atendimento
            Novas solicitações
            Caixa de entrada
            Novo cadastro
            Não contatado
        """,
        "IN_PROGRESS": """
            Contato feito
            Contato realizado
            CONTATO EM ANDAMENTO
            Qualificando
            Qualificação
            Lead qualificado
            Proposta Enviada
            Proposta apresentada
            Orçamento enviado
            Em atendimento
            POTENCIAL CLIENTE
            Follow up 1
            AGENDAMENTO PENDENTE
            AGENDAMENTOS CONFIRMADOS
            CLIENTE PRESENTE
            CLIENTE AUSENTE
            REENGAJAR
            SOLICITAR FEEDBACK
            Compareceu
            Não compareceu
            Faltou
            No-show
            Reunião agendada
            Reunião realizada
            Visita agendada
            Visita realizada
            Aguardando pagamento
            Aguardando documentos
            Aguardando assinatura
            Contrato enviado
            Contrato assinado
            Boleto gerado
            Não respondeu
            Sem resposta
            Não atende
            Em análise de crédito
            Financiamento
            Simulação enviada
            Avaliação agendada
            Cirurgia agendada
            Pós-venda
            Pré-venda
            Nutrição
            Remarketing
            Lead frio
            Lead quente
            Morno
            Interessado
            Negociação avançada
            Fechamento
            Em produção
            Em transporte
            Instalação
            Onboarding
            Treinamento
            Aula experimental
            Tentativa de contato
            Cadência de ligações
            Não pago
            Retorno futuro
            Stand by
            Follow-up proposta
            Apresentação
            Diagnóstico
            Entrevista agendada
            Teste prático
            Documentação pendente
            Vistoria
            Reativação
            Recuperar lead
            Carrinho abandonado
            Resgate de perdidos
            Triagem
            Prospecção ativa
            Em tratativa
            1º contato realizado
            Nutrindo
            Transbordo humano
            Retornar ligação amanhã
        """,
        "CLOSED": """
            Perdido
            Perdidos
            Lead perdido
            Venda perdida
            Venda ganha
            Venda realizada
            Vendido
            Fechado
            Fechado com sucesso
            Negócio fechado
            Contrato fechado
            Ganhos
            Desqualificado
            Lead desqualificado
            Não qualificado
            Sem interesse
            Não tem interesse
            Não interessado
            Cancelado
            Desistiu
            Desistência
            Recusado
            Spam
            Duplicado
            Lead duplicado
            Fora do perfil
            Número errado
            Arquivado
            Finalizado
            Concluído
            Encerrado
            Matriculado
            Não fechou
            Comprou com concorrente
            Cliente perdido
            Descartado
            Lixo
            Bloqueado
            Reprovado
        """,
    },
    "es": {
        "NEW": """
            Nuevo
            Nuevo lead
            Leads entrantes
            Nuevos contactos
            Nuevas consultas
            Sin contactar
            Sin asignar
            No contactado
            Leads nuevos
            Bandeja de entrada
        """,
        "IN_PROGRESS": """
            Contactado
            En seguimiento
            Cotización enviada
            Presupuesto enviado
            Cita agendada
            Reunión programada
            Calificación de Necesidad
            Datos y Pago (PIX)
            Pago Confirmado/esperando documentos
            Seguimiento (Sin Respuesta)
            RECUPERACION INSTANTANEA
            ESPERANDO COMPROBANTE
            COMPROBANTE NO RECIBIDO
            Negociación
            recordatorio 5 dias
            abono
            No pagado
            5 dias atrasado
            revision urgente
            No contesta
            No responde
            No respondió
            Interesado
            En proceso
            Visita realizada
            Demo realizada
            Contrato firmado
            Esperando pago
            Clase de prueba
            Documentos pendientes
            Llamar después
            En espera
            Calificado
            Propuesta presentada
            Cierre
            Reagendar
            Entrega programada
            Valor entregado
        """,
        "CLOSED": """
            Perdido
            Venta perdida
            Venta realizada
            Venta cerrada
            Cerrado
            Cerrado ganado
            Cerrado perdido
            Rechazado
            Descalificado
            No calificado
            No interesado
            No le interesa
            Cancelado
            Duplicado
            Spam
            Descartado
            Vendido
            Sin interés
            Número equivocado
            Compró en la competencia
            Finalizado
            cerrada / Logrado con éxito
        """,
    },
    "az": {
        "NEW": """
            Yeni lead
            Yeni müraciət
            Yeni müştəri
            Daxil olan müraciətlər
            Daxil olan zənglər
            Gələn sorğular
            Yeni sifariş
        """,
        "IN_PROGRESS": """
            Əlaqə saxlanıldı
            İlkin danışıqlar aparıldı
            Təklif göndərildi
            Qiymət təklifi
            Görüş təyin edildi
            Cavab vermir
            Düşünür
            Gözləmədə
            Müqavilə imzalandı
            Ödəniş gözlənilir
            Ödənilməyib
            Sənədlər
            İşdə
            Çatdırılma
            Təhsil
            Qərar verir
            Sonra zəng et
            Müqavilə mərhələsi
            Zəng edildi
            Hazırlanır
            Teklif gonderildi
        """,
        "CLOSED": """
            İmtina
            Uğurlu
            Uğursuz
            Bağlandı
            Satış baş tutdu
            Satıldı
            Ləğv edildi
            Spam
            Maraqlanmır
            İtirilmiş
            Uğurla tamamlandı
            Ugurlu satis
            Arxiv
            Uyğun deyil
        """,
    },
    "uz": {
        "NEW": """
            Yangi lid
            Yangi mijoz
            Yangi ariza
            Yangi so‘rovlar
            Kiruvchi lid
            Янги сўров
            Янги мижоз
        """,
        "IN_PROGRESS": """
            Qayta aloqa
            Uchrashuv belgilandi
            Uchrashuvga yozildi
            Filialga keldi
            Javob bermadi
            Ko'tarmadi
            O'ylayapti
            To'lov kutilmoqda
            To'lanmagan
            Shartnoma imzolandi
            Taklif yuborildi
            Sinov darsi
            Sinov darsga kelganlar
            Ishlanmoqda
            Yetkazib berish
            Hujjatlar yig'ilmoqda
            Qaror qabul qilmoqda
            Konsultatsiya o'tkazildi
            Kutish ro'yxati
            Ўйлаяпти
            Телефон кўтармади
            Учрашув белгиланди
            Qiziqdi
            Keyinroq bog'lanish
        """,
        "CLOSED": """
            Rad etildi
            Rad etdi
            Muvaffaqiyatli yakunlandi
            Sotildi
            Sotib oldi
            Bekor qilindi
            Qiziqmadi
            Spam
            Sifatsiz lid
            Yopildi
            Yo'qotildi
            Muvaffaqiyatsiz
            Рад этилди
            Сотилди
            Dublikat
            Arxiv
        """,
    },
    "kk": {
        "NEW": """
            Жаңа өтінім
            Жаңа лид
            Жаңа клиент
            Кіріс өтінімдер
            Өңделмеген
        """,
        "IN_PROGRESS": """
            Жұмыста
            Байланыс орнатылды
            Кездесу тағайындалды
            Ойланып жүр
            Келіссөздер
            Төлем күтілуде
            Төленбеген
            Шарт жасасу
            Жауап бермейді
            Тұтқаны көтермеді
            Коммерциялық ұсыныс жіберілді
            Құжаттарды жинау
            Сынақ сабағы
            Жеткізу
            Шешім қабылдауда
        """,
        "CLOSED": """
            Бас тартты
            Сәтті аяқталды
            Сәтсіз
            Жабылды
            Сатылды
            Сапасыз лид
            Қызықпайды
            Спам
            Жабылды және іске асырылмады
            Аяқталды
        """,
    },
    "tr": {
        "NEW": """
            Yeni
            Yeni talep
            Yeni başvuru
            Gelen talepler
            Yeni müşteri adayı
            Atanmamış
            İletişime geçilmedi
        """,
        "IN_PROGRESS": """
            Görüşme yapıldı
            Teklif gönderildi
            Teklif verildi
            Randevu oluşturuldu
            Ulaşılamadı
            Cevap vermiyor
            Düşünüyor
            Beklemede
            Sözleşme imzalandı
            Ödeme bekleniyor
            Ödenmedi
            Takip ediliyor
            Karar aşamasında
            Değerlendirme
            Kargoda
            Üretimde
            Daha sonra aranacak
            Pazarlık
            Gelmedi
            Evrak bekleniyor
        """,
        "CLOSED": """
            Kazanıldı
            Kaybedildi
            Olumsuz
            İptal
            İptal edildi
            Reddedildi
            Satış yapıldı
            Satıldı
            İlgilenmiyor
            Kapandı
            Tamamlandı
            Spam
            Mükerrer
            Yanlış numara
        """,
    },
}
"""Language code → status → one name per line."""


def rows() -> list[tuple[str, str, str]]:
    """Return (language, status, name) for every name."""
    return [
        (language, status, line.strip())
        for language, statuses in NAMES.items()
        for status, lines in statuses.items()
        for line in lines.splitlines()
        if line.strip()
    ]
