"""Errors of the C library in the words of its languages.  Source: glibc, po/{zh_CN,zh_TW,de,fr,es,ja,pt_BR,ru,it}.po"""

ERRORS: dict[str, tuple[str, ...]] = {
    "refused": (
        "Connection refused", "拒绝连接", "连接被拒绝", "連線被拒絕", "Verbindungsaufbau abgelehnt",
        "Connexion refusée", "Conexión rehusada", "Conexión rechazada", "接続を拒否されました", "Conexão recusada",
        "В соединении отказано", "Connessione rifiutata",
    ),
    "timeout": (
        "Connection timed out", "Operation timed out", "连接超时", "連線逾時", "連線超過時間",
        "Die Wartezeit für die Verbindung ist abgelaufen", "Zeitüberschreitung der Verbindung",
        "Connexion terminée par expiration du délai d'attente", "Expiró el tiempo de conexión",
        "Tiempo de conexión agotado", "接続がタイムアウトしました", "Tempo esgotado para conexão",
        "Время ожидания соединения истекло", "Connessione scaduta", "Connexion expirée",
    ),
    "no_route": (
        "No route to host", "没有到主机的路由", "沒有主機的路由", "Keine Route zum Zielrechner",
        "Aucun chemin d'accès pour atteindre l'hôte cible", "No existe ninguna ruta hasta el `host'",
        "No hay ninguna ruta hasta el host", "ホストへの経路がありません", "Não há rota para o host",
        "Нет маршрута до узла", "Nessun instradamento per l'host", "Host is unreachable",
    ),
    "unreachable": (
        "Network is unreachable", "网络不可达", "網路無法接觸", "网络无法到达", "Das Netzwerk ist nicht erreichbar",
        "Le réseau n'est pas accessible", "La red es inaccesible", "ネットワークに届きません",
        "A rede está fora de alcance", "Сеть недоступна", "Rete non raggiungibile", "Network unreachable",
    ),
    "reset": (
        "Connection reset by peer", "连接被对方重设", "连接被对端重置", "连接被对方重置",
        "Die Verbindung wurde vom Kommunikationspartner zurückgesetzt",
        "Connexion ré-initialisée par le correspondant", "Conexión reinicializada por la máquina remota",
        "接続が相手からリセットされました", "Conexão fechada pela outra ponta",
        "Соединение разорвано другой стороной", "Connessione interrotta dal corrispondente",
    ),
    "in_use": (
        "Address already in use", "地址已在使用", "地址已被使用", "Die Adresse wird bereits verwendet",
        "Adresse déjà utilisée", "La dirección ya se está usando", "アドレスは既に使用中です", "Endereço já em uso",
        "Адрес уже используется", "Indirizzo già in uso",
    ),
    "not_here": (
        "Cannot assign requested address", "无法指定被请求的地址",
        "Die angeforderte Adresse kann nicht zugewiesen werden", "Impossible d'assigner l'adresse demandée",
        "No se puede asignar la dirección solicitada", "要求されたアドレスを割り当てられません",
        "Não é possível acessar o endereço solicitado", "Невозможно назначить запрошенный адрес",
        "Impossibile assegnare l'indirizzo richiesto", "address not available", "Can't assign requested address",
    ),
    "no_name": (
        "Name or service not known", "Name does not resolve",
        "未知的名称或服务", "Der Name oder der Dienst ist nicht bekannt",
        "Nom ou service inconnu", "Nombre o servicio desconocido", "名前またはサービスが不明です",
        "Nome ou serviço desconhecido", "Имя или служба не известны", "Nome o servizio sconosciuto",
    ),
    "try_again": (
        "Temporary failure in name resolution", "域名解析暂时失败", "名称解析暂时失败",
        "Temporärer Fehler bei der Namensauflösung", "Échec temporaire dans la résolution du nom",
        "Fallo temporal en la resolución del nombre", "名前解決に一時的に失敗しました",
        "Falha temporária na resolução de nome", "Временный сбой в разрешении имен",
        "Errore temporaneo nella risoluzione del nome",
    ),
    "not_allowed": (
        "Operation not permitted", "不允许的操作", "Die Operation ist nicht erlaubt", "Opération non permise",
        "Operación no permitida", "許可されていない操作です", "Operação não permitida", "Операция не позволена",
        "Operazione non permessa",
    ),
    "no_file": (
        "No such file or directory", "没有那个文件或目录", "Datei oder Verzeichnis nicht gefunden",
        "Aucun fichier ou dossier de ce type", "Aucun fichier ou dossier de ce nom",
        "No existe el archivo o el directorio", "No existe el fichero o el directorio",
        "そのようなファイルやディレクトリはありません",
    ),
}  # fmt: skip
"""The texts of each error, by a name for the error: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNRESET,
EADDRINUSE, EADDRNOTAVAIL, EAI_NONAME, EAI_AGAIN, EPERM, ENOENT.  musl and Go have some texts of their own, such as
``Host is unreachable``."""
