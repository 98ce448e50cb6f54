"""Words of a believable account in the five languages of amoCRM and Kommo."""

from __future__ import annotations

import random
from typing import Final

import attrs


@attrs.frozen(kw_only=True)
class Language:
    """What one language's part of an account is made of.

    Attributes:
        pipeline: Name of its pipeline.
        unsorted: The stage of incoming leads.
        stages: Stages in between, in order.
        won: What stage 142 is called.
        lost: What stage 143 is called.
        men: First names; they go with the surnames as they are.
        women: First names; they go with the surnames plus ``feminine``.
        phone: A mobile number; each ``#`` at its end stands for a digit.
        deals: What is sold; ``{}`` takes a number.
    """

    code: str
    pipeline: str
    unsorted: str
    stages: tuple[str, ...]
    won: str
    lost: str
    men: tuple[str, ...]
    women: tuple[str, ...]
    surnames: tuple[str, ...]
    feminine: str = ""
    phone: str
    companies: tuple[str, ...]
    deals: tuple[str, ...]
    tags: tuple[str, ...]
    tasks: tuple[str, ...]
    notes: tuple[str, ...]

    def person(self, rng: random.Random) -> tuple[str, str]:
        """A first name and a surname that fits it."""
        surname = rng.choice(self.surnames)
        if rng.random() < 0.5:  # noqa: PLR2004 - half of the people
            return rng.choice(self.men), surname
        return rng.choice(self.women), surname + self.feminine

    def mobile(self, rng: random.Random) -> str:
        """A phone number in international form."""
        free = self.phone.count("#")
        return f"{self.phone.rstrip('#')}{rng.randrange(10**free):0{free}}"


LANGUAGES: Final = (
    Language(
        code="ru",
        pipeline="Воронка",
        unsorted="Неразобранное",
        stages=("Первичный контакт", "Переговоры", "Принимают решение", "Согласование договора"),
        won="Успешно реализовано",
        lost="Закрыто и не реализовано",
        men=("Иван", "Алексей", "Дмитрий", "Сергей", "Павел", "Тимур"),
        women=("Анна", "Мария", "Екатерина", "Ольга", "Наталья", "Дарья"),
        surnames=("Петров", "Смирнов", "Кузнецов", "Соколов", "Лебедев", "Орлов", "Макаров", "Зайцев"),
        feminine="а",
        phone="+79#########",
        companies=("ООО «Вектор»", "ООО «Северный путь»", "ИП Громова", "АО «Промсвет»", "ООО «Дом и сад»"),
        deals=("Заявка № {}", "Ремонт квартиры № {}", "Поставка № {}", "Аренда студии № {}"),
        tags=("vip", "повторный", "сайт", "холодный"),
        tasks=("Позвонить и уточнить детали", "Отправить коммерческое предложение", "Согласовать встречу"),
        notes=("Просил перезвонить после 18:00", "Интересует рассрочка", "Сравнивает с конкурентами"),
    ),
    Language(
        code="uk",
        pipeline="Воронка продажів",
        unsorted="Нерозібране",
        stages=("Первинний контакт", "Переговори", "Приймають рішення", "Узгодження договору"),
        won="Успішно реалізовано",
        lost="Закрито і не реалізовано",
        men=("Олексій", "Андрій", "Тарас", "Богдан", "Остап"),
        women=("Олена", "Ірина", "Оксана", "Юлія", "Соломія"),
        surnames=("Шевченко", "Коваленко", "Бондаренко", "Ткаченко", "Мельник", "Мороз"),
        phone="+38067#######",
        companies=("ТОВ «Обрій»", "ТОВ «Світанок»", "ФОП Кравець", "ТОВ «Карпати Буд»"),
        deals=("Замовлення № {}", "Ремонт офісу № {}", "Постачання № {}"),
        tags=("vip", "повторний", "сайт", "партнер"),
        tasks=("Зателефонувати та уточнити деталі", "Надіслати комерційну пропозицію", "Узгодити зустріч"),
        notes=("Просив передзвонити після обіду", "Цікавить розстрочка", "Чекає на рішення керівника"),
    ),
    Language(
        code="en",
        pipeline="Sales pipeline",
        unsorted="Incoming leads",
        stages=("Initial contact", "Discussions", "Decision making", "Contract discussion"),
        won="Closed - won",
        lost="Closed - lost",
        men=("James", "Oliver", "Daniel", "Samuel", "Henry"),
        women=("Emma", "Grace", "Sophie", "Hannah", "Chloe"),
        surnames=("Carter", "Bennett", "Foster", "Hughes", "Palmer", "Reid"),
        phone="+120255501##",
        companies=("Northwind Ltd", "Blue Harbor LLC", "Oak & Iron Inc", "Brightside Studio"),
        deals=("Order #{}", "Website redesign #{}", "Annual support #{}"),
        tags=("vip", "returning", "website", "cold"),
        tasks=("Call to clarify the details", "Send the proposal", "Arrange a meeting"),
        notes=(
            "Asked to call back after 6 pm",
            "Interested in paying by instalments",
            "Comparing with others",
        ),
    ),
    Language(
        code="es",
        pipeline="Embudo de ventas",
        unsorted="Leads entrantes",
        stages=("Contacto inicial", "Negociación", "Toma de decisión", "Discusión de contrato"),
        won="Logrado con éxito",
        lost="Venta perdida",
        men=("Carlos", "Javier", "Luis", "Andrés", "Diego"),
        women=("María", "Lucía", "Carmen", "Sofía", "Elena"),
        surnames=("García", "Fernández", "López", "Martínez", "Romero", "Navarro"),
        phone="+346########",
        companies=("Grupo Sol S.L.", "Construcciones Vega", "Taller Luna", "Viajes Mar Azul"),
        deals=("Pedido n.º {}", "Reforma de cocina n.º {}", "Reserva n.º {}"),
        tags=("vip", "recurrente", "web", "frío"),
        tasks=("Llamar para aclarar los detalles", "Enviar la propuesta", "Acordar una reunión"),
        notes=("Pidió que le llamemos por la tarde", "Le interesa pagar a plazos", "Compara con otros"),
    ),
    Language(
        code="pt",
        pipeline="Funil de vendas",
        unsorted="Etapa de leads de entrada",
        stages=("Contato inicial", "Negociação", "Tomada de decisão", "Discussão do contrato"),
        won="Fechado - ganho",
        lost="Fechado - perdido",
        men=("João", "Pedro", "Rafael", "Gustavo", "Thiago"),
        women=("Ana", "Beatriz", "Camila", "Larissa", "Juliana"),
        surnames=("Silva", "Souza", "Oliveira", "Pereira", "Costa", "Almeida"),
        phone="+55119########",
        companies=("Casa Verde Ltda", "Porto Digital", "Clínica Bem Viver", "Mercado São Jorge"),
        deals=("Pedido nº {}", "Reforma nº {}", "Consultoria nº {}"),
        tags=("vip", "recorrente", "site", "frio"),
        tasks=("Ligar para esclarecer os detalhes", "Enviar a proposta", "Marcar uma reunião"),
        notes=("Pediu para ligar depois das 18h", "Quer pagar em parcelas", "Está comparando preços"),
    ),
)

LOSS_REASONS: Final = ("Слишком дорого", "Пропала потребность", "Не устроили условия", "Выбрали других")

SOURCES: Final = ("Реклама в интернете", "Рекомендация", "Сайт", "Социальные сети", "Повторное обращение")
SERVICES: Final = ("Консультация", "Доставка", "Монтаж", "Обслуживание", "Обучение")
CAMPAIGNS: Final = (("google", "cpc"), ("yandex", "cpc"), ("instagram", "social"), ("newsletter", "email"))
